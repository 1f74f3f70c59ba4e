import { realWorld } from "../../daemon/world.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { simulated, type Step } from "../../drivers/simulated/simulated.ts";
import { type DriverRig, driverSuite } from "../support/driver-suite.ts";
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

for (const kind of ["scanner", "nfc"] as const) {
  driverSuite(`the simulated ${kind}`, async (): Promise<DriverRig> => {
    const world = new SteadyWorld();
    const awayMs = 60_000;
    const script = liveScript();
    return {
      driver: simulated({ kind, name: "Simulated", script: script.steps() }, world),
      play: async (labels) => script.add(...labels.map((label): Step => stepFor(kind, label))),
      garble: async () => script.add({ do: "garble" }),
      unplug: async () => script.add({ do: "unplug", ms: awayMs }),
      plug: () => world.pass(awayMs),
      remove: async () => {},
    };
  });
}

function stepFor(kind: "scanner" | "nfc", label: string): Step {
  return kind === "scanner" ? { do: "scan", label } : { do: "tap", uid: "04a1b2c3", uri: label };
}

/** A script that is written while it is played. */
function liveScript() {
  const waiting: Step[] = [];
  let wake = () => {};
  async function* steps(): AsyncGenerator<Step> {
    for (;;) {
      const step = waiting.shift();
      if (step) yield step;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    steps,
    add(...more: Step[]) {
      waiting.push(...more);
      wake();
    },
  };
}
