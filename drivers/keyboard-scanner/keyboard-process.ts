import { HIDAsync, setDriverType } from "node-hid";
import type { FromKeyboard, ToKeyboard } from "./messages.ts";

// A program of its own: node-hid works in one way only in a process, and this one takes USB devices away from the kernel, so that
// the scanner types nowhere else. What is asked for is one interface, by its place; no other is opened.

async function main(place: string): Promise<void> {
  let releaseDevice = async () => {};
  const leave = () => void releaseDevice().finally(() => process.exit(0));
  // The till is gone, however it ended.
  process.on("disconnect", leave);
  setDriverType("libusb");
  try {
    const scanner = await HIDAsync.open(place);
    releaseDevice = () => scanner.close();
    scanner.on("error", () => end());
    process.on("message", (message: ToKeyboard) => {
      if (message === "close") leave();
      else scanner.on("data", (report: Buffer) => tell({ say: "report", bytes: [...report] }));
    });
    tell({ say: "ready" });
  } catch (error) {
    end(String(error));
  }
}

function end(because?: string): void {
  process.send?.({ say: "ended", ...(because !== undefined && { because }) } satisfies FromKeyboard, () =>
    process.exit(3),
  );
}

function tell(message: FromKeyboard): void {
  process.send?.(message);
}

await main(process.argv[2] ?? "");
