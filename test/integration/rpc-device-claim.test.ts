import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Frame, RawClient } from "../support/rpc-client.ts";
import { startTestServer, type TestServer } from "../support/rpc-server.ts";

let till: TestServer;
let one: RawClient;
let other: RawClient;

beforeEach(async () => {
  till = await startTestServer();
  one = await till.ready();
  other = await till.ready();
});

afterEach(() => till.stop());

function scan(data: string): void {
  till.events.publish({ event: "scan.read", params: { deviceId: "scanner-1", data, meaning: "product" } });
}

/** Something that everybody hears: what was sent before it has arrived. */
async function settle(...clients: RawClient[]): Promise<void> {
  till.events.publish({ event: "checkIn.received", params: { waiting: false, others: 0 } });
  const seq = till.events.lastSeq;
  for (const client of clients) await client.until(() => client.frames.find((it) => it.params?.["seq"] === seq));
}

const scans = (frames: readonly Frame[]) =>
  frames.filter((it) => it.method === "scan.read").map((it) => it.params?.["data"]);
const claimOf = (frame: Frame) => frame.result?.["claim"];

describe("a scan", () => {
  test("goes to every page when nobody has claimed the devices", async () => {
    scan("1");
    await settle(one, other);
    expect([scans(one.frames), scans(other.frames)]).toEqual([["1"], ["1"]]);
  });

  test("A38: goes to the page that has claimed them, and to no other", async () => {
    expect(claimOf(await one.call("device.claim"))).toBe("held");
    scan("1");
    await settle(one, other);
    expect([scans(one.frames), scans(other.frames)]).toEqual([["1"], []]);
  });

  test("A38: that was for another page is not told afterwards either", async () => {
    await one.call("device.claim");
    scan("1");
    const late = await till.ready({ afterSeq: 0 });
    await settle(late);
    const { result } = await other.call("events.replay", { afterSeq: 0 });
    expect([scans(late.frames), JSON.stringify(result).includes("scan.read")]).toEqual([[], false]);
  });

  test("that its page missed is told to that page when it comes back", async () => {
    const token = await till.token("Reloading");
    const page = await till.ready({ token });
    await page.call("device.claim");
    const seq = till.events.lastSeq;
    page.socket.pause();
    scan("1");
    page.socket.terminate();
    const again = await till.ready({ token, afterSeq: seq });
    await settle(again);
    expect(scans(again.frames)).toEqual(["1"]);
  });
});

describe("the devices", () => {
  test("are not taken from a page that has them: the second waits in line", async () => {
    await one.call("device.claim");
    expect(claimOf(await other.call("device.claim"))).toBe("waiting");
    expect(claimOf(await one.call("device.claim"))).toBe("held");
  });

  test("go to the next in line when the page lets go, and everybody is told", async () => {
    await one.call("device.claim");
    const { result } = await other.call("device.claim");
    await one.call("device.release");
    const told = await other.until(() => other.frames.find((it) => holderIn(it) === result?.["sessionId"]));
    scan("1");
    await settle(one, other);
    expect(told.method).toBe("device.claimChanged");
    expect([scans(one.frames), scans(other.frames)]).toEqual([[], ["1"]]);
  });

  test("go to the next in line when the page is closed", async () => {
    await one.call("device.claim");
    const { result } = await other.call("device.claim");
    one.socket.terminate();
    await other.until(() => other.frames.find((it) => holderIn(it) === result?.["sessionId"]));
    scan("1");
    await settle(other);
    expect(scans(other.frames)).toEqual(["1"]);
  });

  test("are everybody's again when the last in line is gone", async () => {
    await one.call("device.claim");
    one.socket.terminate();
    await other.until(() =>
      other.frames.find((it) => it.method === "device.claimChanged" && holderIn(it) === undefined),
    );
    scan("1");
    await settle(other);
    expect(scans(other.frames)).toEqual(["1"]);
  });

  test("can be asked for a thousand times without a longer line", async () => {
    for (let times = 0; times < 100; times += 1) await one.call("device.claim");
    await one.call("device.release");
    scan("1");
    await settle(other);
    expect(scans(other.frames)).toEqual(["1"]);
  });
});

function holderIn({ params }: Frame): unknown {
  return (params?.["holder"] as { sessionId?: string } | undefined)?.sessionId;
}
