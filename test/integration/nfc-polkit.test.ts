import { afterEach, describe, expect, test } from "vitest";
import { realWorld } from "../../daemon/world.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { type DeviceConnection, DeviceLost, type Driver } from "../../drivers/driver.ts";
import { nfcReader } from "../../drivers/nfc-reader/nfc-reader.ts";
import { layTag } from "../support/nfc-tag.ts";
import { atrs, textMessage, type2Tag } from "../support/nfc-tags.ts";
import { asksPolkit, openPcscd } from "../support/pcscd.ts";
import { openPolkit } from "../support/polkit.ts";

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

async function serviceThatAsks(bus: string) {
  const service = await openPcscd(undefined, bus);
  leftovers.push(() => service.remove());
  const driver = nfcReader({ socket: service.socket }, realWorld(), createDeviceAssignments());
  leftovers.push(async () => driver.end?.());
  return { service, open: () => openAsTheTillDoes(driver) };
}

/** A service that is slow to answer is tried again. */
async function openAsTheTillDoes(driver: Driver): Promise<DeviceConnection> {
  for (;;) {
    try {
      return await driver.open(new AbortController().signal);
    } catch (error) {
      if (!(error instanceof DeviceLost)) throw error;
    }
  }
}

describe.skipIf(!asksPolkit)("a smart-card service that asks polkit", () => {
  test.skipIf(process.getuid?.() !== 0)("lets in whom polkit lets in, and a tag is read", async () => {
    const polkit = await openPolkit();
    leftovers.push(() => polkit.remove());
    const { service, open } = await serviceThatAsks(polkit.bus);
    const reads = (await open()).reads()[Symbol.asyncIterator]();
    const uid = Buffer.from("04a1b2c3d4e5f6", "hex");
    await layTag(service.readers[0].port, { atr: atrs.type2, answer: type2Tag(uid, textMessage("let in")) });
    expect((await reads.next()).value).toMatchObject({ kind: "tap", records: [{ value: "let in" }] });
  });

  test("lets nobody in where there is no polkit, and that is what the till says", async () => {
    const { open } = await serviceThatAsks("unix:path=/nonexistent/bus");
    await expect(open()).rejects.toThrow("may not use");
  });
});
