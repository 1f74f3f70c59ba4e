// Many tills in one process: each with its own connection, name and password, and its own check-ins; they share one disk.
// Arguments: the broker's URL, the file with its certificate, the first till's number, how many. Writes one line of JSON for each
// check-in that was taken in, and "connected" whenever all tills are.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CheckInStore } from "../../daemon/check-in/check-in-store.ts";
import { openCheckIns } from "../../daemon/check-in/check-ins.ts";
import { startTillLink, type TillLink } from "../../daemon/check-in/mqtt.ts";
import { silentLogger } from "../../daemon/log/logger.ts";
import { realWorld } from "../../daemon/world.ts";
import { msn, passwordOf, tagOf, tillName } from "./names.ts";

const [url = "", caFile = "", from = "0", count = "0"] = process.argv.slice(2);
const ca = readFileSync(caFile, "utf8");
const world = realWorld();
const folder = mkdtempSync(join(tmpdir(), "tillbridge-load-"));
const store = await syncedStore(join(folder, "check-ins"));
const links: TillLink[] = [];
for (let index = Number(from); index < Number(from) + Number(count); index += 1) links.push(await till(index));
let wereConnected = false;
setInterval(() => {
  const areConnected = links.every((link) => link.state() === "ready");
  if (areConnected && !wereConnected) process.stdout.write('{"connected":true}\n');
  wereConnected = areConnected;
}, 20);
process.once("SIGTERM", () => {
  rmSync(folder, { recursive: true });
  process.exit(0);
});

async function till(index: number): Promise<TillLink> {
  const tagId = () => tagOf(index);
  const checkIns = await openCheckIns({
    store,
    merchantSerialNumber: msn,
    maxAgeBeforeSaleSeconds: 60,
    world,
    tagId,
    mobilePayNow: () => world.now(),
    deliver: async () => false,
    emit: () => undefined,
  });
  return startTillLink({
    broker: { url, username: tillName(index), password: passwordOf(index), ca },
    topicPrefix: "tillbridge",
    merchantSerialNumber: msn,
    tillId: tillName(index),
    referencePrefix: tillName(index),
    tagId,
    version: "load",
    async notify(told) {
      const taken = await checkIns.notify(told);
      process.stdout.write(`${JSON.stringify({ till: index, token: told.customerToken })}\n`);
      return taken;
    },
    requery: () => undefined,
    world,
    log: silentLogger,
  });
}

/** Each check-in is synced before it is acknowledged, as the journal does; all tills of this process wait for the one disk. */
async function syncedStore(file: string): Promise<CheckInStore> {
  const handle = await open(file, "a", 0o600);
  let turn: Promise<unknown> = Promise.resolve();
  const write = async (text: string) => {
    await handle.write(text);
    await handle.datasync();
  };
  return {
    append(arrived) {
      const written = turn.then(() => write(`${JSON.stringify(arrived)}\n`));
      turn = written.catch(() => undefined);
      return written;
    },
    recent: async () => [],
  };
}
