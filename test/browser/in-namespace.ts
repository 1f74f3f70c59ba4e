// Runs in a network namespace that has nothing but loopback, which carries a public address too, and with an /etc of its own: see
// local-network.test.ts. Prints one line of JSON.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { policyPlan, policyRemovalPlan } from "../../service/browser-policies/policies.ts";
import { type BrowserPolicyState, browserPolicyStates } from "../../service/browser-policies/states.ts";
import { carryOut } from "../../service/carry-out.ts";
import { thisSystem } from "../../service/system.ts";
import { selfSigned } from "../support/self-signed.ts";
import { Till } from "../support/till.ts";
import { bePatient, openChromium } from "./chromium.ts";

/** What the test is told. */
export interface Findings {
  readonly withoutPolicy: Visit;
  readonly withPolicy: Visit;
  readonly afterRemoval: Visit;
  readonly withoutTill: Visit;
  /** The page, too, comes from this computer. */
  readonly fromHereWithoutTill: Visit;
  /** Chromium's row of the states, at each visit. */
  readonly policyStates: readonly (BrowserPolicyState["state"] | undefined)[];
  readonly etcBefore: string;
  readonly etcAfter: string;
}

interface Visit {
  /** Each state of the page's client, until it is ready, blocked or alone. */
  readonly states: readonly string[];
  readonly console: readonly string[];
}

const publicAddress = process.env["PUBLIC_ADDRESS"] ?? "";
const bundle = process.env["BUNDLE"] ?? "";
const host = "pos.example";
const here = "127.0.0.1";
const decidedMsMax = 60_000;

async function main(): Promise<void> {
  const server = await posServer(publicAddress);
  const serverHere = await posServer(here);
  const origin = `https://${host}:${portOf(server)}`;
  const till = await Till.open({ settings: { origins: [origin] } });
  const system = thisSystem();
  const policyState = async () =>
    (await browserPolicyStates([origin])).find(({ browser }) => browser === "Chromium")?.state;
  try {
    const etcBefore = await etc();
    const before = await policyState();
    const withoutPolicy = await visit(origin, till);
    await carryOut(await policyPlan([origin], "linux", system), system);
    const during = await policyState();
    const withPolicy = await visit(origin, till);
    await carryOut(await policyRemovalPlan("linux", system), system);
    const etcAfter = await etc();
    const afterRemoval = await visit(origin, till);
    const policyStates = [before, during, await policyState()];
    await till.close();
    const withoutTill = await visit(origin, till);
    const fromHereWithoutTill = await visit(`https://${here}:${portOf(serverHere)}`, till);
    const visits = { withoutPolicy, withPolicy, afterRemoval, withoutTill, fromHereWithoutTill };
    const findings: Findings = { ...visits, policyStates, etcBefore, etcAfter };
    console.log(JSON.stringify(findings));
  } finally {
    await till.close();
    server.close();
    serverHere.close();
  }
}

/** A POS page as a shop has it: from the internet, encrypted, with the client as it is shipped. */
async function posServer(address: string): Promise<Server> {
  const client = await readFile(join(bundle, "client.js"));
  const server = createServer(selfSigned(), (request, response) => {
    const isClient = request.url === "/client.js";
    response.setHeader("content-type", isClient ? "text/javascript" : "text/html");
    response.end(isClient ? client : "<!doctype html><title>POS</title>");
  });
  server.listen(0, address);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

async function visit(origin: string, till: Till): Promise<Visit> {
  const browser = await openChromium(`--host-resolver-rules=MAP ${host} ${publicAddress}`);
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = bePatient(await context.newPage());
    const heard: string[] = [];
    page.on("console", (message) => void heard.push(message.text()));
    await page.goto(origin);
    const states = await page.evaluate(untilDecided, {
      url: `ws://127.0.0.1:${till.port}/v1`,
      token: till.token,
      msMax: decidedMsMax,
    });
    return { states, console: heard };
  } finally {
    await browser.close();
  }
}

interface Wish {
  readonly url: string;
  readonly token: string;
  readonly msMax: number;
}

/** In the page. */
async function untilDecided({ url, token, msMax }: Wish): Promise<string[]> {
  const { connect } = await import(new URL("/client.js", location.href).href);
  const states: string[] = [];
  return new Promise((resolve) => {
    const decided = () => resolve(states);
    setTimeout(decided, msMax);
    connect({
      url,
      token,
      client: { name: "POS page", version: "1" },
      onState: ({ name, permission }: { name: string; permission?: string }) => {
        states.push(permission === undefined ? name : `${name}: ${permission}`);
        if (name === "ready" || name === "blocked" || name === "notRunning") decided();
      },
    });
  });
}

/** Every name below /etc, with what would show a change. */
async function etc(): Promise<string> {
  const format = ["-type", "f", "-printf", "f %m %s %T@ %p\\n", "-o", "-printf", "%y %m %p\\n"];
  const { stdout } = await promisify(execFile)("find", ["/etc", ...format], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.split("\n").toSorted().join("\n");
}

await main();
