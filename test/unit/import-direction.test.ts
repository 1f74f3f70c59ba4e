import { describe, expect, test } from "vitest";
import { type Import, importsBelow, importsIn, loadedAtStart } from "../support/imports.ts";

// Who may import whom. A folder may always import itself, daemon/protocol, daemon/logger.ts and the types of daemon/world.ts.
// Ports belong to the one who needs them, so adapters point inwards: journal and mobilepay know payments, never the reverse.
const table = `
  part          may import                                                   packages and node:
  protocol      -                                                            zod
  payments      -                                                            node:crypto
  pairing       payments                                                     -
  journal       payments pairing checkin                                     sqlite3 node:*
  mobilepay     payments pairing redact                                      axios zod node:*
  checkin       payments                                                     zod mqtt node:*
  devices       drivers pairing                                              node:*
  rpc           payments pairing devices redact events access                ws zod node:*
  access        -                                                            zod node:*
  events        -                                                            -
  relay         checkin redact                                               mqtt zod node:*
  console       rpc events access pages                                      node:*
  pages         -                                                            qrcode
  simulator     checkin drivers pages                                            ws zod qrcode node:*
  drivers       -                                                            node-hid @serialport/stream @serialport/bindings-cpp nfc-pcsc node:*
  config        -                                                            zod jsonc-parser node:*
  world         -                                                            node:*
  version       package.json                                                 -
  logger        -                                                            -
  redact        -                                                            -
  log           redact                                                       winston node:*
  lifecycle     -                                                            node:*
  check-in-source  checkin config mobilepay payments rpc tls-files           node:*
  tls-files     rpc                                                          node:*
  health        payments pairing journal mobilepay checkin devices rpc       node:*
  daemon        payments pairing journal mobilepay checkin devices rpc console drivers config world log lifecycle access events health check-in-source tls-files   node:*
  service       -                                                            jsonc-parser node:*
  cli           daemon config world log lifecycle simulator console relay payments pairing journal drivers devices mobilepay checkin access redact rpc version tls-files service   ws qrcode zod node:*
  main          cli world                                                    node:*
`;

const rows = new Map(
  table
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [part = "", ...allowed] = line.trim().split(/\s+/);
      return [part, new Set(allowed)] as const;
    }),
);

const sources = await importsBelow("daemon", "drivers", "service");

/** `daemon/journal/sqlite.ts` → `journal`, `daemon/log.ts` → `log`, `drivers/nfc-reader/apdu.ts` → `drivers`. */
function partOf(file: string): string {
  const [top = "", second = ""] = file.split("/");
  return top === "daemon" ? second.replace(/\.ts$/, "") : top;
}

function isAllowed(file: string, item: Import): boolean {
  const from = partOf(file);
  const allowed = rows.get(from) ?? new Set();
  if (item.file === undefined) {
    return allowed.has(item.specifier) || (item.specifier.startsWith("node:") && allowed.has("node:*"));
  }
  const to = partOf(item.file);
  if (to === from) return true;
  if (from === "protocol") return false;
  return to === "protocol" || to === "logger" || (to === "world" && item.kind === "type") || allowed.has(to);
}

/** What the bundler keeps outside is loaded by Node itself, which does find the names in CommonJS. */
const unbundled = ["sqlite3", "node-hid", "@serialport/bindings-cpp", "nfc-pcsc"];

function isLatePackage(item: Import): boolean {
  const isPackage = item.file === undefined && !item.specifier.startsWith("node:");
  return item.kind === "dynamic" && isPackage && !unbundled.includes(item.specifier);
}

function outOfBounds(imports: ReadonlyMap<string, Import[]>): string[] {
  return [...imports].flatMap(([file, items]) =>
    items.filter((item) => !isAllowed(file, item)).map((item) => `${file} imports ${item.specifier}`),
  );
}

describe("the import direction", () => {
  test("every folder and file below daemon/ stands in the table", () => {
    const missing = [...sources.keys()].map(partOf).filter((part) => !rows.has(part));
    expect([...new Set(missing)]).toEqual([]);
  });

  test("nobody imports what the table does not allow", () => {
    expect(outOfBounds(sources)).toEqual([]);
  });

  test("the table refuses what it must refuse", () => {
    const wrong = new Map([
      [
        "daemon/payments/drive.ts",
        importsIn('import { open } from "../journal/sqlite.ts";', "daemon/payments/drive.ts"),
      ],
      [
        "daemon/rpc/handlers.ts",
        importsIn('import {\n  token,\n} from "../mobilepay/token.ts";', "daemon/rpc/handlers.ts"),
      ],
      ["daemon/protocol/client.ts", importsIn('import { once } from "node:events";', "daemon/protocol/client.ts")],
      ["daemon/pairing/tag.ts", importsIn('export { realWorld } from "../world.ts";', "daemon/pairing/tag.ts")],
      [
        "drivers/registry.ts",
        importsIn('const late = await import("../daemon/devices/route.ts");', "drivers/registry.ts"),
      ],
    ]);
    expect(outOfBounds(wrong)).toHaveLength(wrong.size);
  });
});

describe("what the daemon loads before it answers", () => {
  const started = loadedAtStart("daemon/daemon.ts", sources);

  test("axios, winston and mqtt come later, by dynamic import", () => {
    expect([...started].filter((name) => ["axios", "winston", "mqtt"].includes(name))).toEqual([]);
  });

  test("no addon but the journal's is loaded at start: a broken one must only cost its own device", () => {
    const addons = ["node-hid", "@serialport/bindings-cpp", "nfc-pcsc"];
    expect([...started].filter((name) => addons.includes(name))).toEqual([]);
  });

  test("a package that comes later is taken by its default export: a bundled CommonJS package has no other", () => {
    const late = [...sources].flatMap(([file, items]) =>
      items.filter(isLatePackage).map((item) => `${file} ${item.text}`),
    );
    expect(late.filter((line) => !/\bdefault\b/.test(line))).toEqual([]);
  });

  test("of the ways to learn of check-ins none is loaded before the settings ask for it", () => {
    const ways = ["daemon/checkin/webhook.ts", "daemon/checkin/webhook-server.ts", "daemon/checkin/mqtt.ts"];
    expect(ways.filter((file) => !sources.has(file))).toEqual([]);
    expect([...started].filter((file) => ways.includes(file))).toEqual([]);
  });

  test("nothing of the simulator is ever in a daemon that is run for a shop", () => {
    expect([...started].filter((file) => file.startsWith("daemon/simulator/"))).toEqual([]);
  });
});
