import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { type AccessFile, AccessFileError, accessFile } from "../../server/access/file.ts";
import {
  type AccessClient,
  addClient,
  approveCode,
  noOrigin,
  revokeClient,
  rightsOf,
} from "../../server/access/record.ts";
import { hashOf, newToken } from "../../server/access/secrets.ts";
import { allRights, type Right } from "../../protocol/rights.ts";
import { realWorld, type World } from "../../world.ts";

/** Exit codes of the command line. */
const done = 0;
const failed = 1;
const wrongUsage = 2;

const usage = `tillbridge access list
tillbridge access approve CODE [--rights RIGHTS]
tillbridge access revoke NAME
tillbridge access add --name NAME [--origin ORIGIN] [--rights RIGHTS]

RIGHTS: some of read,sell,refund,settings, joined by commas; all of them when not given. Every client may read.`;

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
  if (command === "approve") return approveOptions(rest);
  if (command === "revoke" && first !== undefined && more.length === 0) return (tools) => revoke(tools, first);
  const wanted = command === "add" ? addOptions(rest) : undefined;
  return wanted && ((tools) => add(tools, wanted));
}

function list({ file, print }: Tools): number {
  const { clients } = file.read();
  if (clients.length === 0) print("Nobody has access yet.");
  for (const client of clients)
    print(
      `${client.name}\t${placeOf(client)}\t${rightsOf(client).join(",")}\tsince ${new Date(client.createdAt).toISOString()}`,
    );
  return done;
}

/** The code may be typed with spaces. */
function approveOptions(args: string[]): ((tools: Tools) => Promise<number>) | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { rights: { type: "string" } },
      allowPositionals: true,
    });
    const rights = rightsIn(values.rights);
    if (positionals.length === 0 || rights === "unknown") return undefined;
    return (tools) => approve(tools, positionals.join(""), rights);
  } catch {
    return undefined;
  }
}

/** `read,sell` → both. Undefined when nothing is said: all rights. */
function rightsIn(text: string | undefined): Right[] | undefined | "unknown" {
  if (text === undefined) return undefined;
  const words = text.split(",");
  const found = allRights.filter((it) => words.includes(it));
  return found.length === words.length ? found : "unknown";
}

async function approve({ file, print, now }: Tools, code: string, rights: Right[] | undefined): Promise<number> {
  const approval = await file.update((record) => approveCode(record, code, now, rights));
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
  readonly rights?: Right[] | undefined;
}

function addOptions(args: string[]): Wanted | undefined {
  try {
    const options = { name: { type: "string" }, origin: { type: "string" }, rights: { type: "string" } } as const;
    const { name, origin, rights: words } = parseArgs({ args, options }).values;
    const rights = rightsIn(words);
    if (!name || name.length > 200 || !isOrigin(origin) || rights === "unknown") return undefined;
    return { name, origin, rights };
  } catch {
    return undefined;
  }
}

/** As a browser sends it: nothing after the host and port. `none` binds the token to programs that send no Origin. */
function isOrigin(text: string | undefined): boolean {
  if (text === undefined || text === noOrigin) return true;
  return URL.canParse(text) && new URL(text).origin === text;
}

async function add({ file, print, now }: Tools, { name, origin, rights }: Wanted): Promise<number> {
  const token = newToken();
  const client: AccessClient = {
    id: randomUUID(),
    name,
    ...(origin !== undefined && { origin }),
    tokenHash: hashOf(token),
    createdAt: now,
    ...(rights && { rights }),
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
