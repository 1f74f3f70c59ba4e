import { allSetups, wedgeScannerSetup } from "../../drivers/scanner-makers.ts";
import { systemDevicePaths } from "../../drivers/device-paths.ts";
import type { ConsoleScanners } from "../protocol/values.ts";

/** What switches scanners that type, and which of them types here. Where the system does not show its devices: what switches them. */
export async function wedgeScanners(list = systemDevicePaths.hid): Promise<ConsoleScanners> {
  const devices = await list().catch(() => []);
  const typing = new Set(devices.map((device) => wedgeScannerSetup([device])?.maker).filter((it) => it !== undefined));
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
