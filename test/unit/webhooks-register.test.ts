import { describe, expect, test } from "vitest";
import type { WebhookStore } from "../../daemon/cli/webhooks/webhook-store.ts";
import { type Purpose, register } from "../../daemon/cli/webhooks/register.ts";
import type { StoredWebhook } from "../../daemon/config/stored-webhooks.ts";
import { checkInEvent, paymentEvents, type RegisteredWebhook } from "../../daemon/mobilepay/webhooks.ts";
import { BridgeError, type ErrorName } from "../../daemon/protocol/errors.ts";
import { SteadyWorld } from "../support/steady-world.ts";

const oldUrl = "https://old.example/hook";
const newUrl = "https://new.example/hook";

function rig() {
  const world = new SteadyWorld();
  const story: string[] = [];
  const printed: string[] = [];
  const listed: RegisteredWebhook[] = [];
  const kept: StoredWebhook[] = [];
  let made = 0;
  const platform = {
    /** Errors of the next calls of `register`, in order. */
    failures: [] as (ErrorName | undefined)[],
    /** An address that MobilePay takes for no event. */
    refuses: "",
  };
  const add = (url: string, events: readonly string[]) => {
    made += 1;
    const webhook = { id: `id-${made}`, url, events };
    listed.push(webhook);
    return { ...webhook, secret: `secret-${made}` };
  };
  const isFull = (events: readonly string[]) =>
    events.includes(checkInEvent) && listed.some((webhook) => webhook.events.includes(checkInEvent));
  const keptFile: WebhookStore = {
    all: () => kept,
    async add(webhook) {
      story.push(`keep ${webhook.id}`);
      kept.push(webhook);
    },
    async remove(id) {
      story.push(`forget ${id}`);
      const index = kept.findIndex((webhook) => webhook.id === id);
      if (index >= 0) kept.splice(index, 1);
    },
  };
  const registry = {
    async register(url: string, events: readonly string[]) {
      const failure = platform.failures.shift();
      story.push(`register ${url}`);
      if (failure) throw new BridgeError(failure);
      if (url === platform.refuses || isFull(events)) throw new BridgeError("MOBILEPAY_REFUSED");
      return add(url, events);
    },
    list: async () => [...listed],
    async remove(id: string) {
      story.push(`remove ${id}`);
      const index = listed.findIndex((webhook) => webhook.id === id);
      if (index >= 0) listed.splice(index, 1);
    },
  };
  const before = (url: string, events: readonly string[]) => {
    const { secret, ...webhook } = add(url, events);
    kept.push({ ...webhook, events: [...events], secret, merchantSerialNumber: "123456", registeredAt: "" });
  };
  const run = (purpose: Purpose) => {
    const tools = { registry, stored: keptFile, merchantSerialNumber: "123456", url: newUrl, probes: false };
    const running = register(purpose, { ...tools, nowMs: () => 0, world, print: (line) => void printed.push(line) });
    return Promise.all([running.catch((error: unknown) => error), world.pass(60_000)]).then(([outcome]) => outcome);
  };
  return { story, printed, listed, kept, platform, before, run };
}

describe("a registration is replaced", () => {
  test("for payments without a gap: the new one stands and is kept before the old one goes", async () => {
    const { before, run, story, kept } = rig();
    before(oldUrl, paymentEvents);
    await run("payments");
    expect(story).toEqual([`register ${newUrl}`, "keep id-2", "remove id-1", "forget id-1"]);
    expect(kept.map(({ id }) => id)).toEqual(["id-2"]);
  });

  test("for check-ins, of which there can be one: the old one goes only when MobilePay has no room, and the new one follows at once", async () => {
    const { before, run, story, listed } = rig();
    before(oldUrl, [checkInEvent]);
    await run("checkIns");
    const first = [`register ${newUrl}`, "remove id-1", `register ${newUrl}`, "keep id-2"];
    expect(story.slice(0, 4)).toEqual(first);
    expect(listed.map(({ url }) => url)).toEqual([newUrl]);
  });

  test("for check-ins though MobilePay cannot be reached for a moment, just when nothing is registered", async () => {
    const { before, run, platform, listed, printed } = rig();
    before(oldUrl, [checkInEvent]);
    platform.failures = [undefined, "MOBILEPAY_UNREACHABLE", "MOBILEPAY_UNREACHABLE"];
    expect(await run("checkIns")).toBeUndefined();
    expect(listed.map(({ url }) => url)).toEqual([newUrl]);
    expect(printed).toEqual([`checkIns: registered ${newUrl} as id-2.`]);
  });
});

describe("nothing is lost", () => {
  test("when MobilePay does not take the new address: the old one is registered again", async () => {
    const { before, run, platform, listed } = rig();
    before(oldUrl, [checkInEvent]);
    platform.refuses = newUrl;
    expect(await run("checkIns")).toMatchObject({
      message: `MobilePay does not take ${newUrl}; ${oldUrl} is registered again.`,
    });
    expect(listed).toMatchObject([{ url: oldUrl, events: [checkInEvent] }]);
  });

  test("when MobilePay takes no more registrations of payments: the old ones stay", async () => {
    const { before, run, platform, story, listed } = rig();
    before(oldUrl, paymentEvents);
    platform.refuses = newUrl;
    expect(await run("payments")).toMatchObject({ code: "MOBILEPAY_REFUSED" });
    expect(story).toEqual([`register ${newUrl}`]);
    expect(listed).toHaveLength(1);
  });

  test("when MobilePay stays away for long: it is said that nothing is registered", async () => {
    const { before, run, platform, printed } = rig();
    before(oldUrl, [checkInEvent]);
    platform.failures = [undefined, ...Array<ErrorName>(5).fill("MOBILEPAY_UNREACHABLE")];
    expect(await run("checkIns")).toMatchObject({ code: "MOBILEPAY_UNREACHABLE" });
    expect(printed).toEqual(["NOTHING IS REGISTERED FOR CHECK-INS NOW. Run this again."]);
  });
});
