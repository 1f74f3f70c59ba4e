import { realWorld } from "../../daemon/world.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { hidScanner } from "../../drivers/hid-scanner/hid-scanner.ts";
import { nfcReader } from "../../drivers/nfc-reader/nfc-reader.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import type { ScriptStep } from "../../drivers/simulated/settings.ts";
import { simulated } from "../../drivers/simulated/simulated.ts";
import type { DriverRig } from "../support/driver-rules.ts";
import { driverSuite } from "../support/driver-suite.ts";
import { FakeHid } from "../support/fake-hid.ts";
import { layTag } from "../support/nfc-tag.ts";
import { atrs, type2Tag, uriMessage } from "../support/nfc-tags.ts";
import { openPcscd } from "../support/pcscd.ts";
import { openPty } from "../support/pty.ts";
import { SteadyWorld } from "../support/steady-world.ts";

driverSuite("the serial scanner, on a pty", async (): Promise<DriverRig> => {
  const pty = await openPty();
  return {
    driver: serialScanner({ path: pty.path, baudRate: 9600 }, realWorld()),
    play: (labels) => pty.write(labels.map((label) => `${label}\r\n`).join("")),
    garble: () => pty.write(Uint8Array.of(0x01, 0xff, 0x0d)),
    unplug: () => pty.unplug(),
    plug: () => pty.plug(),
    remove: () => pty.remove(),
  };
});

// On real USB devices the same rules are tried in scripts/vm-devices.
driverSuite("the HID scanner, on a port of its own", async (): Promise<DriverRig> => {
  const port = new FakeHid();
  return {
    driver: hidScanner({}, realWorld(), createDeviceAssignments(), port),
    play: async (labels) => {
      for (const label of labels) {
        port.scan(label);
        await new Promise(setImmediate);
      }
    },
    garble: async () => port.report(Buffer.alloc(64, 2)),
    unplug: async () => port.unplug(),
    plug: async () => port.plug(),
    remove: async () => {},
  };
});

driverSuite(
  "the NFC reader, on a real smart-card service",
  async (): Promise<DriverRig> => {
    const service = await openPcscd();
    const [{ name, port }] = service.readers;
    const uid = Buffer.from("04a1b2c3d4e5f6", "hex");

    /** Held until the driver has read so many blocks of it, and seen to be gone. */
    async function hold(message: Buffer): Promise<void> {
      const tag = await layTag(port, { atr: atrs.type2, answer: type2Tag(uid, message) });
      await tag.wasAsked(2 + Math.ceil((2 + message.length) / 16));
      const removed = service.says(`Card Removed From ${name}`);
      await tag.lift();
      await removed;
    }

    return {
      driver: nfcReader({ socket: service.socket, name }, realWorld()),
      play: async (labels) => {
        for (const label of labels) await hold(uriMessage(label));
      },
      garble: () => hold(Buffer.from([0xd1, 0x01, 0x7f, 0x55])),
      unplug: () => service.stop(),
      plug: () => service.start(),
      remove: () => service.remove(),
    };
  },
  { reads: 5 },
);

for (const kind of ["scanner", "nfc"] as const) {
  driverSuite(`the simulated ${kind}`, async (): Promise<DriverRig> => {
    const world = new SteadyWorld();
    const awayMs = 60_000;
    const script = liveScript();
    return {
      driver: simulated({ kind, name: "Simulated", script: script.steps() }, world),
      play: async (labels) => script.add(...labels.map((label): ScriptStep => stepFor(kind, label))),
      garble: async () => script.add({ do: "garble" }),
      unplug: async () => script.add({ do: "unplug", ms: awayMs }),
      plug: () => world.pass(awayMs),
      remove: async () => {},
    };
  });
}

function stepFor(kind: "scanner" | "nfc", label: string): ScriptStep {
  return kind === "scanner" ? { do: "scan", label } : { do: "tap", uid: "04a1b2c3", uri: label };
}

/** A script that is written while it is played. */
function liveScript() {
  const waiting: ScriptStep[] = [];
  let wake = () => {};
  async function* steps(): AsyncGenerator<ScriptStep> {
    for (;;) {
      const step = waiting.shift();
      if (step) yield step;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    steps,
    add(...more: ScriptStep[]) {
      waiting.push(...more);
      wake();
    },
  };
}
