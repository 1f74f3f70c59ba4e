import { afterEach, expect, test } from "vitest";
import { Till } from "../support/till.ts";

let till: Till;

afterEach(() => till.close());

const get = (path: string) => fetch(`http://127.0.0.1:${till.port}${path}`);

test("the till's address shows how it is doing, to people, programs and monitors, without secrets", async () => {
  till = await Till.open();
  expect(await (await get("/")).text()).toContain("Tillbridge");
  expect(await (await get("/health")).json()).toMatchObject({
    status: "ok",
    journal: { state: "ok" },
    recovery: { open: 0 },
  });
  expect(await (await get("/metrics")).text()).toMatch(/^tillbridge_journal_ok 1$/m);
  const { clientSecret, subscriptionKey } = till.simulator.platform.unit.credentials;
  for (const path of ["/", "/health", "/metrics"]) {
    const text = await (await get(path)).text();
    expect(text).not.toContain(clientSecret);
    expect(text).not.toContain(subscriptionKey);
    expect(text).not.toContain(till.folder);
  }
});
