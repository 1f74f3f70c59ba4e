import { createInterface } from "node:readline";
import { CcidReader } from "../devices/ccid-gadget.ts";
import { prepareUsb } from "../devices/gadget.ts";
import { PosScanner } from "../devices/hid-gadget.ts";
import { SerialGadget } from "../devices/serial-gadget.ts";
import { atrs, textMessage, type2Tag } from "../support/nfc-tags.ts";

// Runs in the machine: its USB devices, all plugged in. A line each says what they read: `hid TEXT`, `serial TEXT`, `nfc TEXT`.

prepareUsb(3);
const maker = { vendorId: 0x0c2e, manufacturer: "Honeywell" };
const hid = new PosScanner({ ...maker, productId: 0x0b82, product: "1950g", serialNumber: "H1" }, 0);
const serial = new SerialGadget({ ...maker, productId: 0x0b8a, product: "1950g", serialNumber: "S1" }, 1);
// With the chip that makes Linux's own NFC driver want it.
const nfc = await CcidReader.make(2, { pn532: true });
for (const device of [hid, serial, nfc]) device.plug();
console.log("plugged in");

const reads: Readonly<Record<string, (text: string) => Promise<void>>> = {
  hid: (text) => hid.scan(text),
  serial: (text) => serial.scan(text),
  async nfc(text) {
    await nfc.lay({ atr: atrs.type2, answer: type2Tag(Buffer.from("04a1b2c3d4e5f6", "hex"), textMessage(text)) });
  },
  replug: async () => {
    nfc.unplug();
    await new Promise((resolve) => setTimeout(resolve, 500));
    nfc.plug();
  },
  lift: () => nfc.lift(),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const [device = "", text = ""] = line.split(" ");
  reads[device]?.(text).catch((error: unknown) => console.log(`${device}: ${String(error)}`));
});
