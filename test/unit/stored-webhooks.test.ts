import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  type StoredWebhook,
  storedSecrets,
  storedWebhooksFile,
  storedWebhooksText,
  readStoredWebhooks,
} from "../../daemon/config/stored-webhooks.ts";

const folder = mkdtempSync(join(tmpdir(), "kept-webhooks-test-"));
const file = storedWebhooksFile(folder);
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => rmSync(file, { force: true }));

const url = "https://till.example.com/mobilepay";
const kept = (secret: string, change: Partial<StoredWebhook> = {}): StoredWebhook => ({
  id: `id-of-${secret}`,
  merchantSerialNumber: "123456",
  url,
  events: ["user.checked-in.v1"],
  secret,
  registeredAt: "2026-11-23T10:00:00.000Z",
  ...change,
});
const write = (...webhooks: StoredWebhook[]) => writeFileSync(file, storedWebhooksText(webhooks), { mode: 0o600 });

function secrets() {
  const complaints: string[] = [];
  const wanted = { merchantSerialNumber: "123456", url };
  return { complaints, now: storedSecrets(file, wanted, (why) => void complaints.push(why)) };
}

describe("the secrets kept for an address", () => {
  test("are none before anything is registered, and all of the address from then on, without a restart", () => {
    const { now, complaints } = secrets();
    expect(now()).toEqual([]);
    write(kept("first"));
    expect(now()).toEqual(["first"]);
    write(kept("first"), kept("second"));
    expect(now()).toEqual(["first", "second"]);
    write(kept("second"));
    expect(now()).toEqual(["second"]);
    expect(complaints).toEqual([]);
  });

  test("are those of this address and sales unit alone", () => {
    write(
      kept("other address", { url: "https://elsewhere.example/" }),
      kept("other unit", { merchantSerialNumber: "9999" }),
    );
    expect(secrets().now()).toEqual([]);
  });

  test.each([
    ["is damaged", () => writeFileSync(file, "{", { mode: 0o600 }), "is damaged"],
    ["may be read by others", () => chmodSync(file, 0o644), "alone (chmod 600)"],
  ])("go on when the file %s, and somebody is told once", (_what, spoil, said) => {
    write(kept("first"));
    const { now, complaints } = secrets();
    expect(now()).toEqual(["first"]);
    spoil();
    expect([now(), now()]).toEqual([["first"], ["first"]]);
    expect(complaints).toEqual([expect.stringContaining(said)]);
  });
});

test("what is kept is read back as it was written", () => {
  write(kept("first"), kept("second"));
  expect(readStoredWebhooks(file)).toEqual([kept("first"), kept("second")]);
});
