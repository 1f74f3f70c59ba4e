import { afterEach, describe, expect, test } from "vitest";
import { realWorld } from "../../daemon/world.ts";
import { createDeviceAssignments } from "../../drivers/device-assignments.ts";
import { DeviceLost } from "../../drivers/driver.ts";
import { serialScanner } from "../../drivers/serial-scanner/serial-scanner.ts";
import { portsNamed, type SerialPort } from "../../drivers/serial-scanner/usb-port.ts";
import { openPty, type Pty } from "../support/pty.ts";

const leftovers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of leftovers.splice(0).toReversed()) await clean();
});

async function pty(): Promise<Pty> {
  const made = await openPty();
  leftovers.push(() => made.remove());
  return made;
}

const never = new AbortController().signal;
const honeywell = { name: "Honeywell 1950g", usb: "0c2e:0b8a" };

/** The system's ports, in the test's hand. */
function counter(settings: readonly string[]) {
  let ports: readonly SerialPort[] = [];
  const claims = createDeviceAssignments();
  const drivers = settings.map((path) =>
    serialScanner({ path, baudRate: 9600 }, realWorld(), claims, async () => ports),
  );
  async function open(index: number) {
    const connection = await drivers[index]?.open(never);
    if (connection === undefined) throw new Error("no such driver");
    leftovers.push(() => connection.close());
    return connection;
  }
  return { drivers, open, plug: (now: readonly SerialPort[]) => void (ports = now) };
}

describe("a scanner that is named by what it is", () => {
  test("is found at whatever port it comes back, and is read there", async () => {
    const [one, other] = [await pty(), await pty()];
    const { drivers, open, plug } = counter(["usb:0C2E:0b8a"]);
    plug([
      { path: other.path, name: "a modem", usb: "1199:9071" },
      { path: one.path, ...honeywell, serialNumber: "S1" },
    ]);
    const first = await open(0);
    expect([first.name, first.identity]).toEqual(["Honeywell 1950g", "usb 0c2e:0b8a S1"]);
    const lost = first.reads()[Symbol.asyncIterator]().next();
    await Promise.all([expect(lost).rejects.toThrow(DeviceLost), one.unplug()]);
    await first.close();
    plug([]);
    await expect(open(0)).rejects.toThrow("not plugged in");
    const arrived = drivers[0]?.arrival?.(never);
    plug([{ path: other.path, ...honeywell, serialNumber: "S1" }]);
    await arrived;
    const again = await open(0);
    expect(again.identity).toBe(first.identity);
    await other.write("4006381333931\r");
    const { value } = await again.reads()[Symbol.asyncIterator]().next();
    expect(value).toEqual({ kind: "scan", data: "4006381333931" });
  });

  test("is never its neighbour of the same kind, in whatever order they come back", async () => {
    const [one, other] = [await pty(), await pty()];
    const { open, plug } = counter(["usb:0c2e:0b8a", "usb:0c2e:0b8a"]);
    const [left, right] = [
      { path: one.path, ...honeywell, place: "1-1" },
      { path: other.path, ...honeywell, place: "1-2" },
    ];
    plug([left, right]);
    const names = [await open(0), await open(1)].map(({ identity }) => identity);
    expect(names).toEqual(["usb 0c2e:0b8a at 1-1", "usb 0c2e:0b8a at 1-2"]);
    for (const clean of leftovers.splice(2)) await clean();
    plug([
      { ...right, path: one.path },
      { ...left, path: other.path },
    ]);
    expect([(await open(1)).identity, (await open(0)).identity]).toEqual(names.toReversed());
  });

  test("is another than one that says the same serial number", async () => {
    const [one, other] = [await pty(), await pty()];
    const { open, plug } = counter(["usb:0c2e:0b8a", "usb:0c2e:0b8a"]);
    const first = { path: one.path, ...honeywell, serialNumber: "0", place: "1-1" };
    plug([first]);
    await open(0);
    plug([first, { ...first, path: other.path, place: "1-2" }]);
    const connection = await open(1);
    await other.write("4006381333931\r");
    const { value } = await connection.reads()[Symbol.asyncIterator]().next();
    expect(value).toEqual({ kind: "scan", data: "4006381333931" });
  });

  test("with its serial number is that one and no other", async () => {
    const ports = [
      { path: "COM3", ...honeywell, serialNumber: "S1" },
      { path: "COM7", ...honeywell, serialNumber: "S2" },
    ];
    expect(await portsNamed("usb:0c2e:0b8a:S2", async () => ports)).toMatchObject([{ path: "COM7" }]);
    expect(await portsNamed("usb:0c2e:0b8a:S3", async () => ports)).toEqual([]);
    expect(await portsNamed("COM3", async () => [])).toMatchObject([{ path: "COM3", identity: "COM3" }]);
  });
});
