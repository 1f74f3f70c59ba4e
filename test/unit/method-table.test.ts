import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type EventName, eventTable, type StampedEvent } from "../../daemon/protocol/events.ts";
import { type MethodName, methodTable } from "../../daemon/protocol/methods.ts";
import { openRpcDocument } from "../../daemon/protocol/openrpc.ts";
import { repeatableMethods } from "../../daemon/protocol/repeatable-methods.ts";
import { allRights } from "../../daemon/protocol/rights.ts";
import type { HandlersOf, SessionInfo } from "../../daemon/server/calls.ts";
import { parseCall } from "../../daemon/server/parse-call.ts";
import { DeviceClaim } from "../../daemon/server/device-claim.ts";
import { isMethodOpenTo, mayCall } from "../../daemon/server/may-call.ts";
import { checkout } from "../support/imports.ts";

// The keys of a table are the names of its rows.
const methods = Object.keys(methodTable) as MethodName[];
const events = Object.keys(eventTable) as EventName[];
const openRpc = openRpcDocument("1");
const page = readFileSync(join(checkout, "docs/protocol.md"), "utf8");

describe("a row of the method table is all there is to say of a method:", () => {
  test.each(methods)("%s", (name) => {
    const row = methodTable[name];
    expect(openRpc.methods.find((it) => it.name === name)).toMatchObject({
      summary: row.summary,
      "x-right": row.right,
      "x-callers": row.callers,
      "x-repeatable": row.repeatable,
    });
    expect(page).toContain(`### ${name}\n\n${row.summary}\n`);
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| .*\\| ${row.repeatable ? "yes" : ""} \\|$`, "m"));
    expect(repeatableMethods.some((it) => it === name)).toBe(row.repeatable);
    expect([isMethodOpenTo(name, false), isMethodOpenTo(name, true)]).toEqual([
      row.callers !== "console",
      row.callers !== "pages",
    ]);
    const sufficient = allRights.filter((it) => mayCall([it], name));
    expect(sufficient).toEqual(row.right === "none" || row.right === "read" ? allRights : [row.right]);
    const parsed = parseCall(JSON.stringify({ jsonrpc: "2.0", id: 1, method: name, params: { noSuchParameter: 1 } }));
    expect(parsed).toMatchObject({ refusal: { error: { data: { code: "INVALID_PARAMS" } } } });
  });
});

describe("a handler that is missing", () => {
  test("does not compile", () => {
    const refuse = () => Promise.reject(new Error("not here"));
    const server: HandlersOf<"server"> = {
      "events.replay": refuse,
      "device.claim": refuse,
      "device.release": refuse,
      "rpc.discover": refuse,
    };
    // @ts-expect-error device.claim is missing
    const missing: HandlersOf<"server"> = {
      "events.replay": refuse,
      "device.release": refuse,
      "rpc.discover": refuse,
    };
    // @ts-expect-error no row says that the till answers it
    const foreign: Pick<HandlersOf<"till">, "device.claim"> = server;
    expect([Object.keys(missing).length, foreign]).toEqual([3, server]);
  });
});

describe("a row of the event table is all there is to say of an event:", () => {
  test.each(events)("%s", (name) => {
    const row = eventTable[name];
    expect(openRpc["x-notifications"]).toContainEqual(expect.objectContaining({ name, "x-hearers": row.hearers }));
    expect(page).toContain(`### ${name}\n\n${row.summary}\n`);
    expect(whoHears(name)).toEqual(
      row.hearers === "all" ? { now: undefined, again: ["holder", "other"] } : { now: "session-1", again: ["holder"] },
    );
  });
});

/** While a page has claimed the devices: the session that alone hears it, and the clients that may hear it again. */
function whoHears(name: EventName) {
  const claim = new DeviceClaim(() => undefined);
  const holder: SessionInfo = {
    id: "session-1",
    client: "Holder",
    clientId: "holder",
    rights: allRights,
    signal: new AbortController().signal,
  };
  claim.claim(holder);
  // The claim looks at the name and the number alone.
  const event = { event: name, params: { seq: 1, at: "2026-01-05T09:00:00.000Z" } } as StampedEvent;
  return { now: claim.audienceOf(event), again: ["holder", "other"].filter((it) => claim.mayReplayTo(event, it)) };
}

test("no other file of the product lists methods by name", async () => {
  const name = `"(${methods.join("|").replaceAll(".", "\\.")})"`;
  const list = new RegExp(`${name}\\s*[,|]\\s*${name}`);
  const sources = await Promise.all([sourcesBelow("daemon"), sourcesBelow("drivers"), sourcesBelow("service")]);
  const listing = sources.flat().filter(({ text }) => list.test(text));
  expect(listing.map(({ file }) => file)).toEqual(["daemon/protocol/repeatable-methods.ts"]);
});

async function sourcesBelow(folder: string) {
  const found = await readdir(join(checkout, folder), { recursive: true });
  const files = found.filter((it) => it.endsWith(".ts")).map((it) => `${folder}/${it}`);
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(checkout, file), "utf8") })));
}
