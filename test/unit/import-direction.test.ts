import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkout, circlesIn, type Import, importsBelow, importsIn, loadedAtStart } from "../support/imports.ts";

// Who may import whom: files and folders below daemon/, then the other top-level folders; the longest name that fits counts. Each may
// always import itself, and all but protocol and drivers daemon/protocol, the types of daemon/world.ts, and the leaves below. Ports belong to
// the one who needs them, so adapters point inwards: journal and mobilepay know payments, never the reverse. Inside payments each row knows
// only those below it.
const table = `
  part             may import                                                      packages and node:
  protocol         -                                                               zod
  payments         payments/calls payments/reconcile payments/work payments/ports payments/payment   -
  payments/calls   payments/work payments/ports payments/payment                   -
  payments/reconcile payments/work payments/ports payments/payment                 -
  payments/work    payments/ports payments/payment                                 -
  payments/ports   payments/payment                                                -
  payments/payment -                                                               node:crypto zod
  pairing          -                                                               -
  journal          payments/ports payments/payment pairing check-in journal/stores journal/live journal/verify journal/mirror journal/repair journal/rows journal/sqlite   node:*
  journal/stores   journal/live journal/rows journal/sqlite payments/ports payments/payment pairing check-in   -
  journal/live     journal/rows journal/sqlite                                     -
  journal/verify   journal/rows journal/sqlite payments/ports payments/payment     -
  journal/mirror   journal/live journal/repair journal/rows journal/sqlite         node:*
  journal/repair   journal/rows journal/sqlite                                     node:*
  journal/rows     journal/sqlite payments/ports payments/payment                  node:*
  journal/sqlite   -                                                               sqlite3 node:*
  mobilepay        payments/ports payments/payment pairing redact                  axios zod libphonenumber-js/min node:*
  check-in         -                                                               zod mqtt node:*
  check-in/relay   check-in redact                                                 mqtt zod node:*
  devices          drivers pairing                                                 node:*
  server           payments pairing devices redact server/access                   ws zod node:*
  server/access    server world                                                       zod node:*
  server/console   server server/access server/pages find-above                    node:*
  server/pages     -                                                               qrcode
  config           drivers                                                         zod jsonc-parser node:*
  world            -                                                               node:*
  version          package.json                                                    -
  find-above       -                                                               node:*
  serial-queue     -                                                               -
  deadline         -                                                               -
  errno            -                                                               -
  exists           -                                                               node:*
  redact           -                                                               -
  log/logger       -                                                               -
  log              redact                                                          winston node:*
  lifecycle        -                                                               node:*
  start-check-ins  check-in config mobilepay payments/payment server               node:*
  daemon           payments payments/reconcile pairing journal mobilepay check-in devices server server/access server/console drivers config world log lifecycle start-check-ins   node:*
  cli              daemon config world log lifecycle check-in/relay payments/payment payments/reconcile pairing journal drivers devices mobilepay check-in redact server server/access server/console version find-above service   ws qrcode zod node:*
  devkit           cli check-in config drivers log mobilepay server server/access server/pages world find-above          ws zod qrcode node:*
  main             cli world                                                       node:*
  drivers          -                                                               zod iconv-lite node-hid @serialport/stream @serialport/bindings-cpp nfc-pcsc node:*
  service          -                                                               jsonc-parser node:*
  service/packaging  service drivers package.json node_modules                     esbuild node:*
`;

/** One idea each, standing on nothing but the clock. */
const leaves = new Set(["log/logger", "serial-queue", "deadline", "errno", "exists"]);

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

/**
 * `daemon/journal/sqlite/lock.ts` → `journal/sqlite`, `daemon/server/access/secrets.ts` → `server/access`, `drivers/nfc-reader/apdu.ts` → `drivers`.
 * Undefined for what stands in no row.
 */
function partOf(file: string): string | undefined {
  const names = file
    .replace(/^daemon\//, "")
    .replace(/\.ts$/, "")
    .split("/");
  for (let length = names.length; length > 0; length -= 1) {
    const part = names.slice(0, length).join("/");
    if (rows.has(part)) return part;
  }
  return file.startsWith("node_modules/") ? "node_modules" : file === "package.json" ? file : undefined;
}

function isAllowed(file: string, item: Import): boolean {
  const from = partOf(file) ?? "";
  const allowed = rows.get(from) ?? new Set();
  if (item.file === undefined) {
    return allowed.has(item.specifier) || (item.specifier.startsWith("node:") && allowed.has("node:*"));
  }
  const to = partOf(item.file);
  if (to === from) return true;
  if (to === undefined || from === "protocol" || from === "drivers") return false;
  return to === "protocol" || leaves.has(to) || (to === "world" && item.kind === "type") || allowed.has(to);
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
    expect([...sources.keys()].filter((file) => partOf(file) === undefined)).toEqual([]);
  });

  test("nobody imports what the table does not allow", () => {
    expect(outOfBounds(sources)).toEqual([]);
  });

  test("no path is put together when it is imported, which no table could check, but for the developer's kit", async () => {
    const computed: string[] = [];
    for (const file of sources.keys()) {
      const text = await readFile(join(checkout, file), "utf8");
      computed.push(...[...text.matchAll(/\bimport\((?!\s*["'])/g)].map(() => file));
    }
    expect(computed).toEqual(["daemon/main.ts"]);
  });

  test("the table refuses what it must refuse", () => {
    const wrong = new Map([
      [
        "daemon/payments/work/run-payment.ts",
        importsIn('import { open } from "../../journal/sqlite.ts";', "daemon/payments/work/run-payment.ts"),
      ],
      [
        "daemon/server/handlers.ts",
        importsIn('import {\n  token,\n} from "../mobilepay/token.ts";', "daemon/server/handlers.ts"),
      ],
      [
        "daemon/journal/live/committer.ts",
        importsIn('import type { Mirror } from "../mirror/mirror.ts";', "daemon/journal/live/committer.ts"),
      ],
      ["daemon/cli/idle/command.ts", importsIn('import "../../journal/sqlite/lock.ts";', "daemon/cli/idle/command.ts")],
      ["daemon/protocol/client.ts", importsIn('import { once } from "node:events";', "daemon/protocol/client.ts")],
      ["daemon/pairing/tag.ts", importsIn('export { realWorld } from "../world.ts";', "daemon/pairing/tag.ts")],
      [
        "drivers/registry.ts",
        importsIn('const late = await import("../daemon/devices/route.ts");', "drivers/registry.ts"),
      ],
      ["drivers/hotplug.ts", importsIn('import type { World } from "../daemon/world.ts";', "drivers/hotplug.ts")],
    ]);
    expect(outOfBounds(wrong)).toHaveLength(wrong.size);
  });
});

describe("circles", () => {
  test("there is none, types included: whatever a file needs can be read before it", () => {
    expect(circlesIn(sources)).toEqual([]);
  });

  test("one by way of a type is seen", () => {
    const circle = new Map([
      ["daemon/a.ts", importsIn('import type { B } from "./b.ts";', "daemon/a.ts")],
      ["daemon/b.ts", importsIn('import { c } from "./c.ts";', "daemon/b.ts")],
      ["daemon/c.ts", importsIn('const a = await import("./a.ts");', "daemon/c.ts")],
      ["daemon/d.ts", importsIn('import { a } from "./a.ts";', "daemon/d.ts")],
    ]);
    expect(circlesIn(circle)).toEqual([["daemon/a.ts", "daemon/b.ts", "daemon/c.ts"]]);
  });
});

describe("tests and scripts", () => {
  const importedFrom = async (folder: string, imported: string) =>
    [...(await importsBelow(folder)).values()].flat().flatMap(({ file }) => (file?.startsWith(imported) ? [file] : []));

  test("of scripts/ nothing is imported by tests", async () => {
    expect(await importedFrom("test", "scripts/")).toEqual([]);
  });

  test("of test/ nothing is imported by scripts, but the table of attacks that docs/security.md shows", async () => {
    expect(new Set(await importedFrom("scripts", "test/"))).toEqual(
      new Set(["test/attacks/attack.ts", "test/attacks/table.ts"]),
    );
  });
});

describe("what the daemon loads before it answers", () => {
  const started = loadedAtStart("daemon/daemon.ts", sources);

  test("axios, winston, mqtt and what knows phone numbers come later, by dynamic import", () => {
    expect([...started].filter((name) => ["axios", "winston", "mqtt", "libphonenumber-js/min"].includes(name))).toEqual(
      [],
    );
  });

  test("no addon but the journal's is loaded at start: a broken one must only cost its own device", () => {
    const addons = ["node-hid", "@serialport/bindings-cpp", "nfc-pcsc"];
    expect([...started].filter((name) => addons.includes(name))).toEqual([]);
  });

  test("of a driver its settings alone are loaded at start", () => {
    const drivers = [...started].filter((file) => /^drivers\/.+\//.test(file));
    expect(drivers.length).toBeGreaterThan(0);
    expect(drivers.filter((file) => !file.endsWith("/settings.ts"))).toEqual([]);
  });

  test("a package that comes later is taken by its default export: a bundled CommonJS package has no other", () => {
    const late = [...sources].flatMap(([file, items]) =>
      items.filter(isLatePackage).map((item) => `${file} ${item.text}`),
    );
    expect(late.filter((line) => !/\bdefault\b/.test(line))).toEqual([]);
  });

  test("of the ways to learn of check-ins none is loaded before the settings ask for it", () => {
    const ways = ["daemon/check-in/webhook.ts", "daemon/check-in/webhook-server.ts", "daemon/check-in/mqtt.ts"];
    expect(ways.filter((file) => !sources.has(file))).toEqual([]);
    expect([...started].filter((file) => ways.includes(file))).toEqual([]);
  });

  test("nothing of the developer's kit is ever in a daemon that is run for a shop", () => {
    expect([...started].filter((file) => file.startsWith("daemon/devkit/"))).toEqual([]);
  });
});
