import type { World } from "../daemon/world.ts";
import { type Claims, createClaims } from "./claims.ts";
import type { Driver } from "./driver.ts";
import type { HidScannerConfig } from "./hid-scanner/hid-scanner.ts";
import type { KeyboardScannerConfig } from "./keyboard-scanner/keyboard-scanner.ts";
import type { NfcReaderConfig } from "./nfc-reader/nfc-reader.ts";
import type { SerialScannerConfig } from "./serial-scanner/serial-scanner.ts";
import type { Step } from "./simulated/simulated.ts";

/** A device as the configuration gives it (checked there): which driver, and that driver's settings. */
export type DeviceConfig =
  | ({ readonly driver: "serial-scanner" } & SerialScannerConfig)
  | SimulatedDevice
  | ({ readonly driver: "hid-scanner" } & HidScannerConfig)
  | ({ readonly driver: "keyboard-scanner" } & KeyboardScannerConfig)
  | ({ readonly driver: "nfc-reader" } & NfcReaderConfig);

interface SimulatedDevice {
  readonly driver: "simulated";
  readonly kind: "scanner" | "nfc";
  readonly name: string;
  readonly script: readonly Step[];
  readonly repeat: boolean;
  readonly socket?: string | undefined;
}

/** One row per driver. `load` reads the driver and its native module only then, so that a broken one costs its own device and nothing else. */
type DriverTable = {
  readonly [Name in DeviceConfig["driver"]]: {
    kind(config: Extract<DeviceConfig, { driver: Name }>): Driver["kind"];
    load(config: Extract<DeviceConfig, { driver: Name }>, world: World, claims: Claims): Promise<Driver>;
  };
};

const driverTable: DriverTable = {
  "serial-scanner": {
    kind: () => "scanner",
    load: async (config, world, claims) =>
      (await import("./serial-scanner/serial-scanner.ts")).serialScanner(config, world, claims),
  },
  simulated: {
    kind: ({ kind }) => kind,
    load: async (config, world) => {
      const { labelsFrom, simulated } = await import("./simulated/simulated.ts");
      const { socket } = config;
      return simulated({ ...config, script: socket === undefined ? scriptOf(config) : labelsFrom(socket) }, world);
    },
  },
  "hid-scanner": {
    kind: () => "scanner",
    load: async (config, world, claims) =>
      (await import("./hid-scanner/hid-scanner.ts")).hidScanner(config, world, claims),
  },
  "keyboard-scanner": {
    kind: () => "scanner",
    load: async (config, world, claims) =>
      (await import("./keyboard-scanner/keyboard-scanner.ts")).keyboardScanner(config, world, claims),
  },
  "nfc-reader": {
    kind: () => "nfc",
    load: async (config, world, claims) =>
      (await import("./nfc-reader/nfc-reader.ts")).nfcReader(config, world, claims),
  },
};

/** What the device is, known before its driver is loaded. */
export function kindOf(config: DeviceConfig): Driver["kind"] {
  return row(config).kind(config);
}

/** Rejects when the driver's native module is missing or broken. */
export function loadDriver(config: DeviceConfig, world: World, claims: Claims = createClaims()): Promise<Driver> {
  return row(config).load(config, world, claims);
}

function row<Config extends DeviceConfig>(config: Config) {
  // The row under a name takes that name's settings, which the compiler cannot follow through a union.
  return driverTable[config.driver] as unknown as {
    kind(config: Config): Driver["kind"];
    load(config: Config, world: World, claims: Claims): Promise<Driver>;
  };
}

function* scriptOf({ script, repeat }: SimulatedDevice): Iterable<Step> {
  yield* script;
  while (repeat) {
    // A script without a pause would keep the till from doing anything else.
    yield { do: "wait", ms: 1000 };
    yield* script;
  }
}
