import { allSetups, scannerThatTypes } from "../../drivers/makers.ts";
import { systemSockets } from "../../drivers/sockets.ts";
import type { ConsoleScanners } from "../protocol/values.ts";

/** What switches scanners that type, and which of them types here. Where the system does not show its devices: what switches them. */
export async function typingScanners(list = systemSockets.hid): Promise<ConsoleScanners> {
  const devices = await list().catch(() => []);
  const typing = new Set(devices.map((device) => scannerThatTypes([device])?.maker).filter((it) => it !== undefined));
  return {
    typing: [...typing],
    makers: allSetups().map(({ maker, mode, driver, code, drawn, guide }) => ({
      maker,
      mode,
      driver,
      ...(code !== undefined && { code }),
      ...(drawn !== undefined && { drawn }),
      ...guide,
    })),
  };
}
