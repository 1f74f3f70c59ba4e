import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../daemon/journal/journal.ts";
import { realWorld } from "../../daemon/world.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { type Stores, storeSuite } from "../support/store-suite.ts";

const world = { ...realWorld(), now: () => 1_000_000 };

storeSuite("the journal on disk", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "tillbridge-journal-"));
  let journal = await openJournal({ dataDir, world, version: "1.0.0" });
  const stores = (): Stores => ({
    payments: journal.payments,
    till: journal.till,
    checkIns: journal.checkIns,
    restart: async () => {
      await journal.close();
      journal = await openJournal({ dataDir, world, version: "1.0.0" });
      return stores();
    },
    close: async () => {
      await journal.close();
      await rm(dataDir, { recursive: true });
    },
  });
  return stores();
});

function memoryStores(store: MemoryStore): Stores {
  return {
    payments: store.payments,
    till: store.till,
    checkIns: store.checkIns,
    restart: async () => memoryStores(store.restart()),
    close: async () => undefined,
  };
}

storeSuite("memory", async () => memoryStores(new MemoryStore(world.now)));
