import { networkInterfaces } from "node:os";
import { mismatches, type OutsideAttack } from "./attack.ts";
import { exchange, type Header, hostOf, requestHead, statusOf, type Target, upgradeHead } from "./target.ts";

const pages = ["/", "/health", "/metrics"];
const evil = "https://evil.example";

/** What the guard at the door must do, tried with bytes that no browser would send and some that it would. */
export const doorAttacks: readonly OutsideAttack[] = [
  {
    number: "A01",
    what: "Connecting at every other address of this machine",
    run: (target) => mismatches(otherAddresses(), String, ["refused"], (address) => reach(target, address)),
  },
  {
    number: "A04",
    what: "Other spellings of the address",
    run: (target) =>
      refusedHosts(target, ["127.0.0.2", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "LOCALHOST"]),
  },
  {
    number: "A07",
    what: "A page of another site",
    run: (target) => refusedOrigins(target, [evil, "http://127.0.0.1:1"]),
  },
  {
    number: "A08",
    what: "Origins that look like an allowed one",
    run: (target) => refusedOrigins(target, lookalikes(target.origin ?? "https://pos.example.com")),
  },
  { number: "A09", what: "Origin: null", run: (target) => refusedOrigins(target, ["null", "file://"]) },
  {
    number: "A11",
    what: "Two origins",
    run: (target) => {
      const allowed = target.origin ?? "https://pos.example.com";
      return refusedHeads(target, [
        [
          ["Origin", evil],
          ["Origin", allowed],
        ],
        [["Origin", `${allowed}, ${evil}`]],
        [["Origin", `${evil}\r\nOrigin: ${allowed}`]],
      ]);
    },
  },
  {
    number: "A12",
    what: "A browser extension",
    run: (target) => refusedOrigins(target, ["chrome-extension://abcdefghijklmnop"]),
  },
  {
    number: "A13",
    what: "A rebound name, at the socket and at every page",
    run: async (target) => [
      ...(await refusedHosts(target, ["evil.example", "localhost.evil.example", "localhost."])),
      ...(await mismatches(pages, String, ["403"], (path) =>
        get(target, path, [["Host", `evil.example:${target.port}`]]),
      )),
    ],
  },
  {
    number: "A14",
    what: "Host missing or doubled, a whole address as target",
    run: (target) => {
      const host: Header = ["Host", hostOf(target)];
      const heads = [upgradeHead([]), upgradeHead([host, host]), upgradeHead([host], `http://${hostOf(target)}/v1`)];
      return mismatches(
        heads,
        (head) => JSON.stringify(head.slice(0, 40)),
        ["403", "400"],
        (head) => status(target, head),
      );
    },
  },
  {
    number: "A15",
    what: "A script tag of another site",
    run: (target) =>
      mismatches(pages, String, ["403"], (path) =>
        get(target, path, [...host(target), ["Sec-Fetch-Site", "cross-site"], ["Sec-Fetch-Dest", "script"]]),
      ),
  },
  {
    number: "A16",
    what: "Forms and POST from another site",
    run: (target) => mismatches(writes(), nameOfWrite, ["403", "405"], (it) => write(target, it, [["Origin", evil]])),
  },
  {
    number: "A18",
    what: "A preflight of a stranger",
    run: (target) => mismatches([...pages, "/v1"], String, ["403 without a word"], (path) => preflight(target, path)),
  },
  {
    number: "A19",
    what: "The page in a frame",
    run: (target) => mismatches(pages, String, ["framing forbidden"], (path) => framing(target, path)),
  },
  {
    number: "A20",
    what: "A writing request that says cross-site",
    run: (target) =>
      mismatches(writes(), nameOfWrite, ["403", "405"], (it) => write(target, it, [["Sec-Fetch-Site", "cross-site"]])),
  },
  {
    number: "A26",
    what: "A token in the address",
    run: (target) =>
      mismatches(["/v1?token=abc"], String, ["404"], (path) => status(target, upgradeHead(host(target), path))),
  },
  {
    number: "A42",
    what: "Heads that are too large or broken",
    run: async (target) => {
      const wrong = await mismatches(
        brokenHeads(target),
        ([name]) => name,
        ["400", "403", "431", "0"],
        ([, head]) => status(target, head),
      );
      return [...wrong, ...(await stillServes(target))];
    },
  },
];

/** After something rude the next caller must be served. */
export async function stillServes(target: Target): Promise<string[]> {
  const answer = await get(target, "/health", host(target)).catch(() => "refused");
  return answer === "200" ? [] : [`afterwards /health is answered with ${answer}`];
}

function otherAddresses(): string[] {
  const others = Object.values(networkInterfaces()).flatMap((it) => it ?? []);
  // A link-local address needs its interface's name: the same listener would show at the others.
  const addresses = others.filter((it) => !it.internal && !it.address.startsWith("fe80")).map((it) => it.address);
  return ["127.0.0.2", ...addresses];
}

async function reach(target: Target, address: string): Promise<string> {
  try {
    return `answered ${statusOf(await exchange(target, requestHead("GET", "/health", host(target)), address))}`;
  } catch {
    return "refused";
  }
}

function refusedHosts(target: Target, names: readonly string[]): Promise<string[]> {
  return mismatches(
    names,
    (name) => `Host ${name}`,
    ["403"],
    (name) => status(target, upgradeHead([["Host", `${name}:${target.port}`]])),
  );
}

function refusedOrigins(target: Target, origins: readonly string[]): Promise<string[]> {
  return refusedHeads(
    target,
    origins.map((origin) => [["Origin", origin]]),
  );
}

function refusedHeads(target: Target, heads: readonly (readonly Header[])[]): Promise<string[]> {
  return mismatches(
    heads,
    (it) => it.join("; "),
    ["403"],
    (it) => status(target, upgradeHead([...host(target), ...it])),
  );
}

function lookalikes(origin: string): string[] {
  const { protocol, hostname } = new URL(origin);
  const other = protocol === "https:" ? "http:" : "https:";
  return [
    `${origin}.evil.example`,
    `${protocol}//evil${hostname}`,
    `${protocol}//sub.${hostname}`,
    `${protocol}//${hostname}:444`,
    `${protocol}//${hostname}.`,
    `${other}//${hostname}`,
    `${origin}/`,
    origin.toUpperCase(),
    `${protocol}//user@${hostname}`,
  ];
}

const writes = () => [...pages, "/v1"].flatMap((path) => ["POST", "PUT", "DELETE"].map((method) => ({ method, path })));
const nameOfWrite = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

function write(target: Target, { method, path }: { method: string; path: string }, headers: readonly Header[]) {
  return status(target, requestHead(method, path, [...host(target), ...headers, ["Content-Length", "0"]]));
}

async function preflight(target: Target, path: string): Promise<string> {
  const asking: Header[] = [
    ["Origin", evil],
    ["Access-Control-Request-Method", "POST"],
    ["Access-Control-Request-Private-Network", "true"],
  ];
  const answer = await exchange(target, requestHead("OPTIONS", path, [...host(target), ...asking]));
  return `${statusOf(answer)}${/access-control/i.test(answer) ? " with Access-Control headers" : " without a word"}`;
}

async function framing(target: Target, path: string): Promise<string> {
  const answer = await exchange(target, requestHead("GET", path, host(target)));
  const forbidden = /frame-ancestors 'none'/i.test(answer) && /x-content-type-options: nosniff/i.test(answer);
  return forbidden ? "framing forbidden" : "may be framed or sniffed";
}

function brokenHeads(target: Target): [name: string, head: string][] {
  const start = `GET / HTTP/1.1\r\nHost: ${hostOf(target)}\r\n`;
  return [
    ["10 000 headers", `${start}${"a: b\r\n".repeat(10_000)}\r\n`],
    ["a header of 64 KB", `${start}x: ${"y".repeat(65_536)}\r\n\r\n`],
    ["NUL in Host", `GET / HTTP/1.1\r\nHost: 127.0.0.1\0:${target.port}\r\n\r\n`],
    ["bytes that are no text in Origin", upgradeHead([...host(target), ["Origin", "\u00ff\u00fe\u0080"]])],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n"],
  ];
}

function host(target: Target): Header[] {
  return [["Host", hostOf(target)]];
}

function get(target: Target, path: string, headers: readonly Header[]): Promise<string> {
  return status(target, requestHead("GET", path, headers));
}

async function status(target: Target, bytes: string): Promise<string> {
  return String(statusOf(await exchange(target, bytes)));
}
