import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { type AccessFile, AccessFileError, accessFile } from "../access/file.ts";
import { type AccessClient, addClient, approveCode, noOrigin, revokeClient } from "../access/record.ts";
import { hashOf, newToken } from "../access/secrets.ts";
import { realWorld, type World } from "../world.ts";

/** Exit codes of the command line. */
const done = 0;
const failed = 1;
const wrongUsage = 2;

const usage = `tillbridge access list
tillbridge access approve CODE
tillbridge access revoke NAME
tillbridge access add --name NAME [--origin ORIGIN]`;

interface Context {
  readonly dataDir: string;
  readonly world?: Pick<World, "now">;
  readonly print: (line: string) => void;
}

/** `tillbridge access …`: who may connect. Works whether or not the daemon runs. Returns the exit code. */
export async function accessCommand(argv: string[], context: Context): Promise<number> {
  const { dataDir, print, world = realWorld() } = context;
  const file = accessFile(dataDir);
  const run = commandOf(argv);
  if (!run) {
    print(usage);
    return wrongUsage;
  }
  try {
    return await run({ file, print, now: world.now() });
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    print(error.message);
    return failed;
  }
}

interface Tools {
  readonly file: AccessFile;
  readonly now: number;
  readonly print: (line: string) => void;
}

function commandOf([command, ...rest]: string[]): ((tools: Tools) => number | Promise<number>) | undefined {
  const [first, ...more] = rest;
  if (command === "list" && first === undefined) return list;
  if (command === "approve" && first !== undefined) return (tools) => approve(tools, [first, ...more].join(""));
  if (command === "revoke" && first !== undefined && more.length === 0) return (tools) => revoke(tools, first);
  const wanted = command === "add" ? addOptions(rest) : undefined;
  return wanted && ((tools) => add(tools, wanted));
}

function list({ file, print }: Tools): number {
  const { clients } = file.read();
  if (clients.length === 0) print("Nobody has access yet.");
  for (const client of clients)
    print(`${client.name}\t${placeOf(client)}\tsince ${new Date(client.createdAt).toISOString()}`);
  return done;
}

async function approve({ file, print, now }: Tools, code: string): Promise<number> {
  const approval = await file.update((record) => approveCode(record, code, now));
  switch (approval.outcome) {
    case "approved":
      print(`${approval.client.name} (${placeOf(approval.client)}) has access now.`);
      return done;
    case "wrongCode":
      print(wrongCodeWords(approval.triesLeft));
      return failed;
    case "locked":
      print("Too many wrong codes. Wait five minutes, then ask for access again on the page.");
      return failed;
    case "nothingAsked":
      print("No page is asking for access now. A code is good for five minutes and once: ask again on the page.");
      return failed;
  }
}

function wrongCodeWords(triesLeft: number): string {
  if (triesLeft > 0) return `No page shows this code. Tries left: ${triesLeft}.`;
  return "No page shows this code. It was the last try: wait five minutes, then ask for access again on the page.";
}

async function revoke({ file, print }: Tools, name: string): Promise<number> {
  const revoked = await file.update((record) => revokeClient(record, { name }));
  print(revoked ? `${name} has no access any more.` : `There is no client named ${name}.`);
  return revoked ? done : failed;
}

interface Wanted {
  readonly name: string;
  readonly origin?: string | undefined;
}

function addOptions(args: string[]): Wanted | undefined {
  try {
    const { values } = parseArgs({ args, options: { name: { type: "string" }, origin: { type: "string" } } });
    const { name, origin } = values;
    if (!name || name.length > 200 || !isOrigin(origin)) return undefined;
    return { name, origin };
  } catch {
    return undefined;
  }
}

/** As a browser sends it: nothing after the host and port. `none` binds the token to programs that send no Origin. */
function isOrigin(text: string | undefined): boolean {
  if (text === undefined || text === noOrigin) return true;
  return URL.canParse(text) && new URL(text).origin === text;
}

async function add({ file, print, now }: Tools, { name, origin }: Wanted): Promise<number> {
  const token = newToken();
  const client: AccessClient = {
    id: randomUUID(),
    name,
    ...(origin !== undefined && { origin }),
    tokenHash: hashOf(token),
    createdAt: now,
  };
  const outcome = await file.update((record) => addClient(record, client));
  if (outcome !== "added") {
    print(
      outcome === "nameTaken"
        ? `There is a client named ${name} already: revoke it first.`
        : "Too many clients: revoke one first.",
    );
    return failed;
  }
  print(`${name} (${placeOf(client)}) has access. Its token, shown only now:`);
  print(token);
  return done;
}

function placeOf({ origin }: AccessClient): string {
  if (origin === undefined) return "any allowed origin";
  return origin === noOrigin ? "programs only" : origin;
}
