import { afterEach, describe, expect, test } from "vitest";
import { answerMsMax } from "../../daemon/check-in/relay/till-requests.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { Chain, msn, tags } from "../support/chain.ts";
import { runProgram } from "../support/program.ts";

let open: Chain | undefined;
async function openChain(runs?: "here" | "process"): Promise<Chain> {
  open = await Chain.open(runs);
  return open;
}
afterEach(async () => {
  await open?.close();
  open = undefined;
});

describe("a customer in a chain of shops", () => {
  test("scans a till's tag, and exactly that till asks for the money", async () => {
    const chain = await openChain();
    await chain.relay();
    const [tillA, tillB] = [await chain.till("tillA"), await chain.till("tillB")];
    await tillA.start({ customer: { by: "tillTag" } });
    await tillB.start({ customer: { by: "tillTag" } });
    expect(await chain.simulator.platform.phone.scanTag(tags.tillA)).toMatchObject({ shown: "connected" });
    await tillA.approve();
    await tillA.untilPayment("paid");
    expect(await tillB.call("payment.get", { paymentId: "payment-1" })).toMatchObject({ state: "waitingForCustomer" });
    expect(tillB.events.filter(({ event }) => event === "checkIn.received")).toEqual([]);
  });

  test("learns at once when the till is off", async () => {
    const chain = await openChain();
    const relay = await chain.relay();
    const tillA = await chain.till("tillA");
    await tillA.stop();
    await chain.untilPresent("tillA", "offline");
    expect((await chain.tell(relay.port, chain.checkIn("tillA"))).status).toBe(503);
    expect(await chain.simulator.platform.phone.scanTag(tags.tillA)).toMatchObject({ shown: "cannotConnect" });
    await tillA.powerOn();
  });

  test("is told to another till as soon as that has the tag", async () => {
    const chain = await openChain();
    const relay = await chain.relay();
    const tillA = await chain.till("tillA");
    await tillA.call("pairing.remove", {});
    await chain.untilPresent("tillA", "online");
    expect((await chain.tell(relay.port, chain.checkIn("tillA"))).status).toBe(503);
    await tillA.pair(tags.tillA);
    await chain.untilPresent("tillA", "online", tags.tillA);
    expect((await chain.tell(relay.port, chain.checkIn("tillA"))).status).toBe(200);
  });
});

describe("200", () => {
  test("comes only when the till has the check-in on disk, however long the others took that came after it", async () => {
    const chain = await openChain();
    const { port } = await chain.relay();
    const disk = Promise.withResolvers<boolean>();
    await chain.link("tillA", { notify: async ({ customerToken }) => customerToken === "quick" || disk.promise });
    let answered = 0;
    const slow = chain.tell(port, chain.checkIn("tillA")).finally(() => {
      answered += 1;
    });
    expect((await chain.tell(port, chain.checkIn("tillA", { customerToken: "quick" }))).status).toBe(200);
    expect(answered).toBe(0);
    disk.resolve(true);
    expect((await slow).status).toBe(200);
  });

  test.each<[string, () => Promise<boolean>, number]>([
    ["cannot write", () => Promise.reject(new BridgeError("JOURNAL_FAILED")), 503],
    ["finds it too old", () => Promise.reject(new BridgeError("CHECK_IN_STALE")), 410],
    ["has lost its tag", () => Promise.reject(new BridgeError("NOT_PAIRED")), 404],
    ["has no use for it", async () => false, 404],
  ])("does not come when the till %s", async (_what, notify, status) => {
    const chain = await openChain();
    const { port } = await chain.relay();
    await chain.link("tillA", { notify });
    expect((await chain.tell(port, chain.checkIn("tillA"))).status).toBe(status);
  });
});

describe("several relays", () => {
  test("need not know of each other: the same check-in told to both is used once, and both say so", async () => {
    const chain = await openChain();
    const [one, other] = [await chain.relay(), await chain.relay()];
    const tillA = await chain.till("tillA");
    await tillA.start({ customer: { by: "tillTag" } });
    const told = await chain.customerAt("tillA");
    const both = await Promise.all([chain.tell(one.port, told), chain.tell(other.port, told)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    await tillA.approve();
    await tillA.untilPayment("paid");
    expect(tillA.events.filter(({ event }) => event === "checkIn.received")).toHaveLength(1);
    expect(chain.simulator.requests.list("create")).toHaveLength(1);
  });

  test("each answers for itself while the other has lost its broker or is gone", async () => {
    const chain = await openChain();
    const [one, other] = [await chain.relay(), await chain.relay()];
    await chain.till("tillA");
    await one.close();
    expect((await chain.tell(other.port, chain.checkIn("tillA"))).status).toBe(200);
  });
});

describe("the broker is killed in the middle of a sale", () => {
  test("the customer learns it at once, the sale goes on, and after a restart the scan gets through", async () => {
    const chain = await openChain();
    const relay = await chain.relay();
    const tillA = await chain.till("tillA");
    await tillA.start({ customer: { by: "tillTag" } });
    chain.forgetPresence();
    await chain.broker.kill();
    expect((await chain.tell(relay.port, chain.checkIn("tillA"))).status).toBe(503);
    await chain.broker.powerOn();
    await chain.watchPresence();
    await chain.untilPresent("tillA", "online", tags.tillA);
    await chain.untilConnected(relay.port);
    expect(await chain.simulator.platform.phone.scanTag(tags.tillA)).toMatchObject({ shown: "connected" });
    await tillA.approve();
    await tillA.untilPayment("paid");
  });

  test("a payment that is under way does not need it", async () => {
    const chain = await openChain();
    await chain.relay();
    const tillA = await chain.till("tillA");
    await tillA.start({ customer: { by: "tillTag" } });
    await chain.simulator.platform.phone.scanTag(tags.tillA);
    await tillA.untilPayment("waitingForApproval");
    await chain.broker.kill();
    await tillA.approve();
    await tillA.untilPayment("paid");
    await tillA.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
  });
});

describe("in real time, with tills of their own", () => {
  test("a till that hangs: 503 within three seconds", async () => {
    const chain = await openChain("process");
    const relay = await chain.relay({ hurried: true });
    const tillA = await chain.till("tillA");
    tillA.freeze();
    const { status } = await chain.tell(relay.port, chain.checkIn("tillA"));
    tillA.thaw();
    expect(status).toBe(503);
    expect(answerMsMax).toBeLessThan(3000);
  });

  test("the relay is killed in the middle of the call: told again through another, the check-in is used once", async () => {
    const chain = await openChain("process");
    const dying = await chain.relayProcess();
    const other = await chain.relay();
    const tillA = await chain.till("tillA");
    await tillA.start({ customer: { by: "tillTag" } });
    const told = await chain.customerAt("tillA");
    tillA.freeze();
    const cut = chain.tell(dying.port, told);
    await dying.sent;
    dying.program.process.kill("SIGKILL");
    expect((await cut).status).toBe(0);
    tillA.thaw();
    expect((await chain.tell(other.port, told)).status).toBe(200);
    await tillA.approve();
    await tillA.untilPayment("paid");
    expect(tillA.events.filter(({ event }) => event === "checkIn.received")).toHaveLength(1);
  });

  test("a check-in that was acknowledged survives the till's power cut, and is used once", async () => {
    const chain = await openChain("process");
    const relay = await chain.relay();
    const tillA = await chain.till("tillA");
    const told = await chain.customerAt("tillA");
    expect((await chain.tell(relay.port, told)).status).toBe(200);
    await tillA.pullThePlug();
    // The broker finds out by itself, and the till's last will says so.
    await chain.untilPresent("tillA", "offline");
    // Nobody listens, and the broker says so: the relay waits for nobody's answer.
    expect((await chain.tell(relay.port, chain.checkIn("tillA"))).status).toBe(503);
    await tillA.powerOn();
    await chain.untilPresent("tillA", "online", tags.tillA);
    expect(await tillA.start({ customer: { by: "tillTag" } })).toMatchObject({ checkIn: { others: 0 } });
    await tillA.approve();
    await tillA.untilPayment("paid");
    expect((await chain.tell(relay.port, { ...told, again: 1 })).status).toBe(200);
    await tillA.call("payment.complete", { paymentId: "payment-1", receiptNumber: "receipt-1" });
    const next = {
      paymentId: "payment-2",
      sale: { saleId: "sale-2", total: { currency: "DKK" as const, value: 4990 } },
    };
    expect(await tillA.start({ ...next, customer: { by: "tillTag" } })).toMatchObject({ state: "waitingForCustomer" });
  });
});

describe("what MobilePay did not send, or sent too late", () => {
  test("never reaches a till", async () => {
    const chain = await openChain();
    const relay = await chain.relay();
    const tillA = await chain.till("tillA");
    const { port } = relay;
    const tell = async (told: unknown, how?: Parameters<Chain["tell"]>[2]) =>
      (await chain.tell(port, told, how)).status;
    const old = new Date(chain.simulator.clock.now() - 901_000).toISOString();
    expect(await tell(chain.checkIn("tillA"), { secret: "guessed" })).toBe(401);
    expect(await tell(chain.checkIn("tillA"), { agoMs: 400_000 })).toBe(401);
    expect(await tell(chain.checkIn("tillA", { initiatedAt: old }))).toBe(410);
    expect(await tell(chain.checkIn("tillA", { msn: "654321" }))).toBe(404);
    expect(await tell(chain.checkIn("tillA", { merchantQrId: "999999999999999" }))).toBe(503);
    expect(await tell(chain.checkIn("tillA", { merchantQrId: "+" }))).toBe(503);
    expect(await tell(chain.checkIn("tillA", { merchantQrId: "#" }))).toBe(503);
    expect(tillA.events.filter(({ event }) => event === "checkIn.received")).toEqual([]);
  });

  test("told twice is taken once, whether the request is the same or a new one", async () => {
    const chain = await openChain();
    const { port } = await chain.relay();
    const tillA = await chain.till("tillA");
    const told = chain.checkIn("tillA");
    for (const agoMs of [0, 0, 5000]) expect((await chain.tell(port, told, { agoMs })).status).toBe(200);
    await tillA.until("checkIn.received");
    expect(tillA.events.filter(({ event }) => event === "checkIn.received")).toHaveLength(1);
  });
});

describe("at the broker, a till", () => {
  test("hears nothing of another till's customers, whatever it asks for", async () => {
    const chain = await openChain();
    const { port } = await chain.relay();
    await chain.till("tillA");
    const wanted = [
      "#",
      `tillbridge/${msn}/check-ins/${tags.tillA}`,
      "tillbridge/answers/+",
      "tillbridge/+/check-ins/+",
    ];
    const heard: string[] = [];
    await chain.connect(await chain.account("tillB"), wanted, ({ topic }) => void heard.push(topic));
    expect((await chain.tell(port, chain.checkIn("tillA"))).status).toBe(200);
    // It hears its own, which came after it.
    await chain.tell(port, chain.checkIn("tillB"));
    expect(new Set(heard)).toEqual(new Set([`tillbridge/${msn}/check-ins/${tags.tillB}`]));
  });

  test("can neither make up a customer for another till nor say that it is down", async () => {
    const chain = await openChain();
    await chain.till("tillA");
    const session = await chain.connect(await chain.account("tillB"));
    const payload = JSON.stringify({ ...chain.checkIn("tillA"), sentAt: new Date().toISOString() });
    for (const topic of [`tillbridge/${msn}/check-ins/${tags.tillA}`, `tillbridge/${msn}/tills/tillA`])
      await expect(session.publish({ topic, payload })).rejects.toMatchObject({ reason: "REASON_135" });
  });

  test("with a wrong password, or that is not sure whom it talks to, does not get in", async () => {
    const chain = await openChain();
    const account = await chain.account("tillA");
    const { ca, ...unsure } = account;
    expect(ca).toBeDefined();
    for (const broker of [{ ...account, password: "guessed" }, { ...account, username: "tillC" }, unsure])
      await expect(chain.connect(broker)).rejects.toMatchObject({ name: "NoMqttConnection" });
  });
});

test("doctor says whether the broker lets the till in, without throwing it out, and what its access list must name", async () => {
  // In real time: a till whose time runs ahead while the doctor is at work finds the check-in too old.
  const chain = await openChain("process");
  const { port } = await chain.relay();
  const tillA = await chain.till("tillA");
  const doctor = () => runProgram(["doctor", "--config", tillA.configFile]);
  const { stdout } = await doctor();
  expect(stdout).toMatch(/^ok +broker +The broker lets this till in/m);
  for (const topic of ["check-ins/TAG", "payments/tillA", "tills/tillA"])
    expect(stdout).toContain(`tillbridge/${msn}/${topic}`);
  expect((await chain.tell(port, chain.checkIn("tillA"))).status).toBe(200);
  await chain.broker.kill();
  expect((await doctor()).stdout).toMatch(/^failed +broker +The broker cannot be used \(ECONNREFUSED\)/m);
});

describe("payment webhooks", () => {
  test("reach the till whose payment it is, and no other", async () => {
    const chain = await openChain();
    const { port } = await chain.relay();
    const told: Record<string, string[]> = { tillA: [], tillB: [] };
    const both = Promise.withResolvers<void>();
    for (const name of ["tillA", "tillB"] as const) {
      const requery = (reference: string) => {
        told[name]?.push(reference);
        if (Object.values(told).every((references) => references.length > 0)) both.resolve();
      };
      await chain.link(name, { requery });
    }
    const event = { msn, name: "AUTHORIZED", success: true };
    for (const reference of ["tillA-payment-1", "somebodyElse-1", "tillB-payment-2"])
      expect((await chain.tell(port, { ...event, reference })).status).toBe(200);
    await both.promise;
    expect(told).toEqual({ tillA: ["tillA-payment-1"], tillB: ["tillB-payment-2"] });
  });

  test("are done with, though no till and no broker is there: nothing depends on them", async () => {
    const chain = await openChain();
    const { port } = await chain.relay();
    expect((await chain.tell(port, { msn, reference: "tillA-payment-1", name: "AUTHORIZED" })).status).toBe(200);
    await chain.broker.kill();
    expect((await chain.tell(port, { msn, reference: "tillA-payment-1", name: "CAPTURED" })).status).toBe(200);
  });
});
