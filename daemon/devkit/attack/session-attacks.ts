import { type MethodRow, methodTable } from "../../protocol/methods.ts";
import { mismatches, type OutsideAttack } from "./attack.ts";
import { stillServes } from "./door-attacks.ts";
import { exchange, hostOf, open, type Talk, talk, type Target, upgradeHead } from "./target.ts";
import { realWorld } from "../../world.ts";

const clientName = "tillbridge attack";
const hello = { protocol: { min: 1, max: 1 }, client: { name: clientName, version: "1" } };
/** What must never stand in an answer. */
const inside = /node_modules|node:internal|\.[cm]?[jt]s:\d+|SQLITE|\bat \/|\/home\/|\/var\//;

/** What must hold once a socket is open: first without a token, then with one. */
export const sessionAttacks: readonly OutsideAttack[] = [
  {
    number: "A10",
    what: "Saying hello without a token",
    run: (target) => closes(target, [call("session.hello", hello)], ["4401"]),
  },
  {
    number: "A21",
    what: "Every method without a token",
    run: (target) => {
      const methods = methodsWhere(({ answeredBy, callers }) => answeredBy !== "session" || callers === "console");
      return closes(
        target,
        methods.map((name) => call(name, {})),
        ["4401"],
      );
    },
  },
  {
    number: "A31",
    what: "Frames of every wrong kind before hello",
    run: (target) => closes(target, nonsense, ["4401", "1003", "1007"]),
  },
  {
    number: "A32",
    what: "Unknown method and unknown version",
    needsToken: true,
    run: async (target) => {
      const future = { ...hello, token: target.token, protocol: { min: 99, max: 99 } };
      const version = await answers(target, [call("session.hello", future)], "PROTOCOL_MISMATCH", () => talk(target));
      return [...version, ...(await answers(target, [call("no.such", {}), call("__proto__", {})], "METHOD_NOT_FOUND"))];
    },
  },
  {
    number: "A33",
    what: "Ten thousand calls at once",
    needsToken: true,
    run: async (target) => {
      const { socket, closed } = await ready(target);
      for (let id = 0; id < 10_000; id += 1) socket.send(call("till.get", {}, id));
      const code = await closed();
      return [...(code === "4429" ? [] : [`closed with ${code}, expected 4429`]), ...(await stillServes(target))];
    },
  },
  {
    number: "A35",
    what: "No hello for three seconds",
    run: async (target) => {
      const code = await (await talk(target)).closed();
      return code === "4408" ? [] : [`closed with ${code}, expected 4408`];
    },
  },
  {
    number: "A36",
    what: "A hello that claims origins",
    run: (target) =>
      closes(target, [call("session.hello", { ...hello, origins: ["https://pos.example.com"] })], ["4401"]),
  },
  {
    number: "A37",
    what: "Answers that tell of the inside",
    needsToken: true,
    run: async (target) => {
      const { socket, frames, next } = await ready(target);
      for (const method of methodsWhere(({ right }) => right === "read")) {
        const answer = next();
        socket.send(call(method, { paymentId: "../../etc", limit: -1, afterSeq: "' OR 1=1 --" }));
        await answer;
      }
      socket.close();
      return frames.filter((frame) => inside.test(frame)).map(() => "an answer names a file, a stack or SQL");
    },
  },
  {
    number: "A39",
    what: "A frame that says it is 99 MB long",
    run: (target) => rawFrames(target, `\x81\xff${"\0".repeat(4)}\x05\xe6\x9e\xc0\0\0\0\0`, "1009"),
  },
  {
    number: "A40",
    what: "Fragments without end, and compression",
    run: async (target) => {
      const fragments = `\x01\x80\0\0\0\0${"\x00\x80\0\0\0\0".repeat(5_000)}`;
      const head = upgradeHead([
        ["Host", hostOf(target)],
        ["Sec-WebSocket-Extensions", "permessage-deflate"],
      ]);
      const offered = /permessage-deflate/i.test(await exchange(target, head)) ? ["compression is agreed on"] : [];
      return [...offered, ...(await rawFrames(target, fragments, "1008"))];
    },
  },
  {
    number: "A41",
    what: "Two hundred connections that send half a head, and a flood of pings",
    run: async (target) => {
      const sockets = await Promise.allSettled(Array.from({ length: 200 }, () => open(target)));
      for (const it of sockets) if (it.status === "fulfilled") it.value.write("GET /health HTTP/1.1\r\nHost: ");
      // The heads have five seconds; then there is room again.
      const served = await within(2 * target.answerMsMax, async () => (await stillServes(target)).length === 0);
      for (const it of sockets) if (it.status === "fulfilled") it.value.destroy();
      const pings = await rawFrames(target, "\x89\x80\0\0\0\0".repeat(20_000), "4429");
      return [...(served ? [] : ["no page is served for a long time"]), ...pings, ...(await stillServes(target))];
    },
  },
];

/** Only against the simulator: each starts a payment, and withdraws it. */
export const moneyAttacks: readonly OutsideAttack[] = [
  {
    number: "A52",
    what: "Another amount under the same payment id",
    needsToken: true,
    movesMoney: true,
    run: (target) => withPayment(target, (it) => ["payment.start", it.withAmount(2)], "PAYMENT_CONFLICT"),
  },
  {
    number: "A55",
    what: "A page that says it is paid",
    needsToken: true,
    movesMoney: true,
    run: (target) =>
      withPayment(
        target,
        ({ paymentId }) => ["payment.complete", { paymentId, receiptNumber: "forged" }],
        "NOT_COMPLETABLE",
      ),
  },
];

interface TriedPayment {
  readonly paymentId: string;
  withAmount(value: number): object;
}

async function withPayment(
  target: Target,
  attack: (payment: TriedPayment) => [method: string, params: object],
  expected: string,
): Promise<string[]> {
  const talking = await ready(target);
  const paymentId = `attack-${crypto.randomUUID().slice(0, 8)}`;
  const customer = { by: "phone", phoneNumber: "4500000001" };
  const payment = {
    paymentId,
    withAmount: (value: number) => {
      const amount = { currency: "DKK", value };
      return { paymentId, sale: { saleId: paymentId, total: amount }, amount, customer };
    },
  };
  const started = await ask(talking, "payment.start", payment.withAmount(100));
  if (!started.includes('"result"')) return [`no payment could be started: ${codeIn(started)}`];
  const answer = await ask(talking, ...attack(payment));
  await ask(talking, "payment.cancel", { paymentId });
  talking.socket.close();
  return codeIn(answer) === expected ? [] : [`answered ${codeIn(answer)}, expected ${expected}`];
}

/** The answer to this call, whatever events come between. */
async function ask({ socket, frames, next }: Talk, method: string, params: object): Promise<string> {
  const id = crypto.randomUUID();
  socket.send(call(method, params, id));
  for (;;) {
    const found = frames.find((frame) => frame.includes(`"id":"${id}"`));
    if (found !== undefined) return found;
    const more = await next();
    if (!more.startsWith("{")) return more;
  }
}

const nonsense = [
  "",
  "hello",
  "[]",
  "[".repeat(60_000),
  '{"__proto__":{"method":"till.get"}}',
  '{"jsonrpc":"2.0","id":1e999,"method":"till.get"}',
  '{"jsonrpc":"2.0","id":1,"method":"till.get","method":"session.hello"}',
  '{"jsonrpc":"2.0","id":1,"method":"payment.start","params":{"amount":{"currency":"DKK","value":-1}}}',
  '{"jsonrpc":"2.0","id":"\\ud800","method":"till.get"}',
];

function methodsWhere(fits: (row: MethodRow) => boolean): string[] {
  return Object.entries(methodTable).flatMap(([name, row]) => (fits(row) ? [name] : []));
}

function call(method: string, params: object, id: number | string = 1): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** Each frame alone, as the first on a connection. */
function closes(target: Target, frames: readonly string[], codes: readonly string[]): Promise<string[]> {
  return mismatches(
    frames,
    (frame) => frame.slice(0, 60),
    codes,
    async (frame) => {
      const { socket, closed } = await talk(target);
      socket.send(frame);
      return closed();
    },
  );
}

async function answers(
  target: Target,
  frames: readonly string[],
  code: string,
  connect = () => ready(target),
): Promise<string[]> {
  return mismatches(
    frames,
    (frame) => frame.slice(0, 60),
    [code],
    async (frame) => {
      const { socket, next } = await connect();
      const answer = next();
      socket.send(frame);
      const found = codeIn(await answer);
      socket.close();
      return found;
    },
  );
}

async function ready(target: Target): Promise<Talk> {
  const talking = await talk(target);
  const answer = talking.next();
  talking.socket.send(call("session.hello", { ...hello, token: target.token }, "hello"));
  if (!(await answer).includes('"result"')) throw new Error("the till does not know the token");
  return talking;
}

function codeIn(frame: string): string {
  return /"code":"([A-Z_]+)"/.exec(frame)?.[1] ?? frame.slice(0, 60);
}

/** Bytes right after the upgrade; the till must close with this code, and go on. */
async function rawFrames(target: Target, bytes: string, code: string): Promise<string[]> {
  const { socket, closed } = await talk(target);
  rawSocketOf(socket).write(Buffer.from(bytes, "latin1"));
  const got = await closed();
  // Whoever is cut off in the middle of a flood may not read the code any more.
  const held = got === code || got === "1006";
  return [...(held ? [] : [`closed with ${got}, expected ${code}`]), ...(await stillServes(target))];
}

/** The connection below the frames: what is sent here is no frame that a proper client would make. */
function rawSocketOf(socket: Talk["socket"]): { write(bytes: Buffer): void } {
  return (socket as unknown as { readonly _socket: { write(bytes: Buffer): void } })._socket;
}

async function within(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  const world = realWorld();
  for (const end = world.monotonicMs() + ms; world.monotonicMs() < end; await world.sleep(250)) {
    if (await holds()) return true;
  }
  return false;
}
