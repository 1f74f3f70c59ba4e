import { DeviceFailed, DeviceLost } from "../driver.ts";

/** A name for people: what /dev/serial/by-id says of the maker and the model, else the port's own name. */
export function nameOfPort(path: string): string {
  const port = path.split(/[\\/]/).at(-1) ?? path;
  const model = /^usb-(.+?)(-if\d+)?(-port\d+)?$/.exec(port)?.[1];
  return model === undefined ? port : model.replaceAll("_", " ").trim();
}

/** What the system says when a port cannot be opened (Linux, macOS, Windows), and what a person can do about it. */
const reasons: readonly { readonly says: RegExp; readonly error: () => Error }[] = [
  {
    says: /no such (file|device)|file not found|cannot find|input\/output/i,
    error: () => new DeviceLost("not plugged in"),
  },
  {
    says: /lock port|temporarily unavailable|busy/i,
    error: () => new DeviceFailed("in use by another program: close it"),
  },
  {
    says: /permission denied|access (is )?denied/i,
    error: () =>
      new DeviceFailed(
        "may not be opened: another program has it, or the till's user is not in the group of the port (dialout)",
      ),
  },
  {
    says: /inappropriate ioctl|not a (tty|serial)/i,
    error: () => new DeviceFailed("is no serial port: check the path in the settings"),
  },
  { says: /baud/i, error: () => new DeviceFailed("does not take this speed: check baudRate in the settings") },
];

/** The reason in words that hold no path. */
export function whyNotOpened(message: string): Error {
  return (
    reasons.find(({ says }) => says.test(message))?.error() ??
    new DeviceFailed("cannot be opened: check the settings of the port")
  );
}

/** The part of an open port that shows whether it still is one. */
export interface BaudRateSource {
  getBaudRate(): Promise<unknown>;
}

/**
 * Whether what was plugged in has gone, though the port's name may stand for its successor already: Linux then answers every
 * question about the port with an input/output error, but a read with nothing, on which the binding reads again for ever.
 */
export async function hasHungUp(port: BaudRateSource | undefined): Promise<boolean> {
  return (
    port?.getBaudRate().then(
      () => false,
      (error: unknown) => /input\/output/i.test(String(error)),
    ) ?? false
  );
}
