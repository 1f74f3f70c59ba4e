import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { connect, type MethodName } from "../../daemon/protocol/client.ts";

// Runs in the machine: the POS page, as far as the till can tell. Calls come in as lines of JSON; what the page learns goes into a
// file, a line each, with the machine's own time in milliseconds.

const [origin = "", tokenFile = "", log = ""] = process.argv.slice(2);

/** As a browser does, it says where it comes from. */
class PageSocket extends WebSocket {
  constructor(url: string | URL) {
    // Node's own WebSocket takes headers beside the protocols that browsers know.
    super(url, { headers: { origin } });
  }
}
globalThis.WebSocket = PageSocket;

const till = connect({
  token: readFileSync(tokenFile, "utf8").trim(),
  client: { name: "page in the machine", version: "1" },
  onState: (state) =>
    write({ state: state.name, version: state.name === "ready" ? state.hello.daemon.version : undefined }),
  onEvent: (event) => write(event),
});

createInterface({ input: process.stdin }).on("line", (line) => {
  // Written by our own test.
  const { method, params } = JSON.parse(line) as { method: MethodName; params: never };
  till.call(method as "till.get", params).then(
    (result) => write({ answered: method, result }),
    (error: unknown) => write({ answered: method, error: String(error) }),
  );
});

function write(what: object): void {
  appendFileSync(log, `${JSON.stringify({ atMs: Math.round(performance.timeOrigin + performance.now()), ...what })}\n`);
}
