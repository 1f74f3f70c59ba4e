import { open } from "node:fs/promises";
import type { SystemView } from "../../../service/system.ts";

/** A few thousand records: days of a till that is well. */
const bytesMax = 1024 * 1024;
const linesMax = "2000";

/** The newest of the service's log: from its file, else from systemd's journal. */
export async function logLines(file: string | undefined, system: Pick<SystemView, "output">): Promise<string> {
  if (file !== undefined) return (await endOf(file)) ?? `There is no log at the place that the settings name.`;
  const words = [
    "journalctl",
    "--unit=tillbridge",
    `--lines=${linesMax}`,
    "--output=short-iso",
    "--no-pager",
    "--quiet",
  ];
  const printed = await system.output(words);
  if (printed === undefined) return "systemd's journal cannot be read.";
  return endOfText(printed) || "systemd's journal has nothing of the service.";
}

function endOfText(text: string): string {
  return text.length <= bytesMax ? text : withoutFirstLine(text.slice(-bytesMax));
}

async function endOf(file: string): Promise<string | undefined> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, bytesMax));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    return size > buffer.length ? withoutFirstLine(text) : text;
  } finally {
    await handle.close();
  }
}

/** It may be cut, and half a key is not recognised. */
function withoutFirstLine(text: string): string {
  return text.slice(text.indexOf("\n") + 1);
}
