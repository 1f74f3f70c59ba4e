import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { attackCommand } from "../../daemon/devkit/attack/command.ts";
import { Till } from "../support/till.ts";
import { attackGroups } from "./table.ts";

interface Finding {
  readonly number: string;
  readonly outcome: string;
  readonly faults: readonly string[];
}

async function attack(url: string, words: readonly string[], token?: string) {
  const printed: string[] = [];
  const environment = { ...(token !== undefined && { TILLBRIDGE_TOKEN: token }) };
  const print = (line: string) => void printed.push(line);
  const code = await attackCommand(["--url", url, "--json", ...words], { print, environment });
  return { code, findings: (JSON.parse(printed.join("\n")) as { findings: Finding[] }).findings };
}

describe("tillbridge attack", () => {
  let till: Till;

  beforeEach(async () => {
    till = await Till.open({ runs: "process" });
  });

  afterEach(() => till.close());

  test("finds a till that holds, and says what it did not try", async () => {
    const { code, findings } = await attack(`ws://127.0.0.1:${till.port}/v1`, []);
    expect(findings.filter((it) => it.outcome === "broken")).toEqual([]);
    expect(code).toBe(0);
    expect(findings.filter((it) => it.outcome === "notTried").map((it) => it.number)).toEqual([
      "A32",
      "A33",
      "A37",
      "A52",
      "A55",
    ]);
  });

  test("with a token and the simulator tries the rest too", async () => {
    await till.pair();
    const { code, findings } = await attack(`ws://127.0.0.1:${till.port}/v1`, ["--simulator"], till.token);
    expect(findings.filter((it) => it.outcome !== "held")).toEqual([]);
    expect(code).toBe(0);
  });
});

test("a service that lets everybody in is found out", async () => {
  const http = createServer((_, response) => response.end("{}"));
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: true });
  sockets.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", () => socket.send('{"result":"Error at /home/till/main.ts:1"}'));
  });
  http.listen(0, "0.0.0.0");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  const { code, findings } = await attack(`ws://127.0.0.1:${port}/v1`, ["--wait", "0.3"], "any");
  const held = findings.filter((it) => it.outcome === "held").map((it) => it.number);
  expect(code).toBe(1);
  // Node's own parser refuses broken heads and doubled hosts, and two hundred callers are not many, whoever answers them.
  expect(held.filter((it) => !["A14", "A41", "A42"].includes(it))).toEqual([]);
  for (const socket of sockets.clients) socket.terminate();
  http.closeAllConnections();
  http.close();
});

test.each([["ws://192.0.2.1:8455/v1"], ["http://127.0.0.1:8455"], ["nothing"]])(
  "only a till on this machine may be tried, not %s",
  async (url) => {
    await expect(attackCommand(["--url", url], { print: () => undefined, environment: {} })).rejects.toThrow(
      "--url must be",
    );
  },
);

test("every attack of the command stands in the list under the same number", async () => {
  const known = Object.values(attackGroups)
    .flat()
    .map((it) => it.number);
  const { findings } = await attack("ws://127.0.0.1:9/v1", ["--wait", "0.1"]);
  expect(findings.filter((it) => !known.includes(it.number))).toEqual([]);
});
