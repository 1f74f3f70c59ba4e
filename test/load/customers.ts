import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { signatureHeaders } from "../../daemon/devkit/simulator/platform/signature.ts";
import { msn, tagOf } from "./names.ts";

export interface Plan {
  readonly tills: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** The relays behind the one address; requests go to each in turn, as a load balancer sends them. */
  readonly ports: readonly number[];
  readonly url: URL;
  readonly secret: string;
}

export interface Told {
  readonly token: string;
  readonly till: number;
  readonly status: number;
  /** From the first byte sent to the answer. */
  readonly tookMs: number;
}

/** Customers scan tags at a steady rate, each the next till's, and MobilePay tells of each; nobody waits for the one before. */
export async function scan(plan: Plan): Promise<readonly Told[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const startMs = performance.now();
  const telling: Promise<Told>[] = [];
  for (let number = 0; number < plan.perSecond * plan.seconds; number += 1) {
    const dueMs = startMs + (number * 1000) / plan.perSecond;
    await sleep(Math.max(0, dueMs - performance.now()));
    telling.push(tell(plan, number, agent));
  }
  const told = await Promise.all(telling);
  agent.destroy();
  return told;
}

function tell({ tills, ports, url, secret }: Plan, number: number, agent: Agent): Promise<Told> {
  const token = randomUUID();
  const till = number % tills;
  const initiatedAt = new Date().toISOString();
  const body = JSON.stringify({ customerToken: token, merchantQrId: tagOf(till), msn, initiatedAt });
  const headers = { ...signatureHeaders(secret, { url, date: new Date().toUTCString(), body }) };
  const port = ports[number % ports.length];
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const done = (status: number) => resolve({ token, till, status, tookMs: performance.now() - startedMs });
    const options = { agent, host: "127.0.0.1", port, path: url.pathname, method: "POST", headers };
    const sent = request(options, (response) => {
      response.resume();
      response.on("end", () => done(response.statusCode ?? 0));
    });
    sent.on("error", () => done(0));
    sent.end(body);
  });
}
