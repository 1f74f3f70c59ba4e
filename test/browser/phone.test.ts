import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { type Bundle, openBundle } from "../support/bundle.ts";
import { Merchant, sale } from "../support/merchant.ts";
import { bePatient, openChromium } from "./chromium.ts";

let browser: Browser;
let bundle: Bundle;
let page: Page;
let simulator: Simulator;
let merchant: Merchant;
let complaints: string[];

beforeAll(async () => {
  bundle = await openBundle();
  browser = await openChromium();
});

afterAll(async () => {
  await browser.close();
  await bundle.remove();
});

beforeEach(async () => {
  simulator = await startSimulator({
    world: realWorld(),
    pagesDir: join(bundle.folder, "pages"),
    shopName: "Harbour kiosk",
  });
  merchant = new Merchant(async ({ method, path, headers, body }) => {
    const answer = await fetch(simulator.url + path, { method, headers, ...(body && { body }) });
    return { status: answer.status, headers: {}, body: await answer.text() };
  }, simulator.platform.unit.credentials);
  await merchant.authorize();
  complaints = [];
  page = bePatient(await browser.newPage({ viewport: { width: 400, height: 720 } }));
  page.on("console", (message) => void complaints.push(message.text()));
  page.on("pageerror", (error) => void complaints.push(error.message));
  await page.goto(`${simulator.url}/phone`);
});

afterEach(async () => {
  await page.close();
  await simulator.close();
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
});

const press = (name: string) => page.getByRole("button", { name }).click();
const heading = (name: string) => page.getByRole("heading", { name, level: 1 }).waitFor();
const register = () =>
  merchant.call("qrPut", "PUT", "/qr/v1/merchant-callback/till-1", { locationDescription: "Kasse 1" });

test("a customer scans the till's tag, sees the amount and approves", async () => {
  const stop = simulator.platform.checkIns.listen(async ({ customerToken }) => {
    await merchant.create(sale("till-0001-1", { customer: { customerToken } }));
    return true;
  });
  await register();
  await press("Scan the code on the counter");
  await heading("49,90 kr.");
  await page.getByText("Harbour kiosk").waitFor();
  await press("Approve");
  await page.getByText("Approved. Thank you from Harbour kiosk.").waitFor();
  expect((await merchant.get("till-0001-1")).body.state).toBe("AUTHORIZED");
  await press("Done");
  await page.getByText("Reserved").waitFor();
  stop();
});

test("the app says so when the shop cannot be reached", async () => {
  await register();
  await press("Scan the code on the counter");
  await heading("Can't connect to store");
});

test("a customer refuses with the keyboard alone", async () => {
  await merchant.create(sale("till-0001-1"));
  await heading("49,90 kr.");
  for (const name of ["Approve", "Refuse"]) {
    await page.keyboard.press("Tab");
    if (name === "Approve") await page.keyboard.press("Tab");
    await expect.poll(() => page.locator(":focus").textContent()).toBe(name);
  }
  await page.keyboard.press("Enter");
  await heading("Refused");
  expect((await merchant.get("till-0001-1")).body.state).toBe("ABORTED");
});

test("a declined card can be tried again, a withdrawn request is said to be withdrawn", async () => {
  await merchant.create(sale("till-0001-1", { amount: { currency: "DKK", value: 151 } }));
  await press("Approve");
  await page.getByText("Insufficient funds. You can try again.").waitFor();
  await merchant.cancel("till-0001-1", { cancelTransactionOnly: true });
  await heading("Withdrawn");
});

test("a request that times out is said to have", async () => {
  await merchant.create(sale("till-0001-1"));
  await heading("49,90 kr.");
  simulator.clock.advance(600_000);
  await heading("Time ran out");
});

test("a one-time code is scanned from the till's screen, by the customer who is chosen", async () => {
  await page.getByLabel("Phone of").selectOption("Customer B");
  await merchant.create(sale("till-0001-1", { customer: undefined, userFlow: "QR" }));
  await press("Scan the code on the screen");
  await heading("49,90 kr.");
  expect(simulator.platform.payments.get("till-0001-1").customer).toBe("4500000002");
});

test("the customer's own code is shown, as a picture and as text", async () => {
  await press("Show my code");
  const picture = page.getByRole("img", { name: "My code as a picture" });
  await expect
    .poll(() => picture.evaluate((image: object) => "naturalWidth" in image && image.naturalWidth))
    .toBeGreaterThan(0);
  await page.getByText(simulator.platform.customers.get("4500000001")?.personalQr ?? "").waitFor();
});

test("the phone works in a frame of the demo's page, and in no other site's", async () => {
  const demo = bePatient(await browser.newPage());
  const served = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end(`<iframe src="${simulator.url}/phone"></iframe>`);
  });
  await new Promise<void>((resolve) => {
    served.listen(0, "127.0.0.1", resolve);
  });
  const { port } = served.address() as AddressInfo;
  await demo.goto(`http://127.0.0.1:${port}`);
  await merchant.create(sale("till-0001-1"));
  await demo.frameLocator("iframe").getByRole("button", { name: "Refuse" }).click();
  await expect.poll(() => simulator.platform.payments.get("till-0001-1").state).toBe("ABORTED");
  await demo.close();
  served.close();
  const { headers } = await fetch(`${simulator.url}/phone/`);
  expect(headers.get("content-security-policy")).toContain("frame-ancestors http://127.0.0.1:* http://localhost:*");
});

test("somebody in the shop's portal captures a part, and is told what the platform refuses", async () => {
  await merchant.create(sale("till-0001-1"));
  simulator.platform.phone.approve("till-0001-1");
  await press("Done");
  await press("The shop's portal");
  await page.getByLabel("Amount of till-0001-1").fill("10,00");
  await press("Capture");
  await page.getByText(/captured.*10,00/).waitFor();
  expect(simulator.platform.payments.get("till-0001-1")).toMatchObject({ captured: 1000, cancelled: 0 });
  await page.getByLabel("Amount of till-0001-1").fill("10,01");
  await press("Refund");
  await heading("Refused");
  // The browser itself tells of the refusal.
  complaints = complaints.filter((complaint) => !complaint.includes("400"));
});
