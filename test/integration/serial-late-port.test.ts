import type * as Files from "node:fs/promises";
import { rename, stat, symlink } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { realWorld } from "../../daemon/world.ts";
import { DeviceLost } from "../../drivers/driver.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { openPty } from "../support/pty.ts";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof Files>();
  return { ...real, stat: vi.fn<typeof stat>(real.stat) };
});

test("a port that comes between the look for it and its opening is watched like any other", async () => {
  const [late, other] = [await openPty(), await openPty()];
  vi.mocked(stat).mockRejectedValueOnce(new Error("ENOENT"));
  const driver = serialScanner({ path: late.path, baudRate: 9600 }, realWorld());
  const connection = await driver.open(new AbortController().signal);
  const lost = connection.reads()[Symbol.asyncIterator]().next();
  // The first port lives on, but another stands in its place.
  await symlink(other.path, `${late.path}.new`);
  await Promise.all([expect(lost).rejects.toThrow(DeviceLost), rename(`${late.path}.new`, late.path)]);
  await connection.close();
  await Promise.all([late.remove(), other.remove()]);
});
