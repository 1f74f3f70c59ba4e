import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { type Config, ConfigError, configIn, secretsOf } from "../../daemon/config/config.ts";
import { createRedactor } from "../../daemon/redact/redact.ts";

const file = "/etc/tillbridge/tillbridge.json";
const folder = dirname(file);
const mobilepay = {
  merchantSerialNumber: "123456",
  clientId: "canary-id",
  clientSecret: "canary-secret",
  subscriptionKey: "canary-key",
};
const whole = { till: { id: "kassa-1", name: "Kassa 1" }, dataDir: "data", mobilepay };

function read(change: Readonly<Record<string, unknown>>): Config {
  const content = JSON.stringify({ ...whole, mobilepay: { ...mobilepay, ...change } });
  return configIn(content, file, () => ({ refused: "is not there" }));
}

function refusal(change: Readonly<Record<string, unknown>>): ConfigError {
  try {
    read(change);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("it was taken");
}

describe("the way to MobilePay in the settings", () => {
  test("may name the shop's proxy, whose login is a secret in every form in which it travels", () => {
    const proxy = "http://till%207:p%40ss-word@proxy.shop.example:3128";
    const config = read({ proxy, ca: "filter.pem" });
    expect(config.mobilepay).toMatchObject({ proxy: `${proxy}/`, ca: `${folder}/filter.pem` });
    const redactor = createRedactor(secretsOf(config));
    const seen = ["p@ss-word", "p%40ss-word", proxy, Buffer.from("till 7:p@ss-word").toString("base64")];
    for (const form of seen) expect(redactor.text(`CONNECT by ${form} failed`)).not.toContain(form);
  });

  test.each([
    "https://proxy.shop.example",
    "squid.shop.example:3128",
    "socks5://proxy.shop.example",
    "http://proxy.shop.example/path",
    "http://till:100%@proxy.shop.example",
  ])("takes no proxy that is %s, and does not show it", (proxy) => {
    const { text, message } = refusal({ proxy });
    expect(text).toMatch(/^mobilepay\.proxy must be an http URL/);
    expect(message).not.toContain(proxy);
  });
});

test("the currencies that are offered are those of MobilePay's wallets alone", () => {
  for (const currency of ["DKK", "EUR", "NOK"]) expect(read({ currency }).mobilepay.currency).toBe(currency);
  expect(refusal({ currency: "SEK" }).text).toBe(
    'mobilepay.currency must be "DKK", "EUR" or "NOK": MobilePay\'s wallets pay in no other',
  );
});
