import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startBrowser } from "./browser.ts";
import { type Case, cases, type CaseContext } from "./cases.ts";
import { PagePos } from "./page-pos.ts";
import type { Pos } from "./pos.ts";
import { ProgramPos } from "./program-pos.ts";
import { linesOf, type CaseResult, writeReport } from "./report.ts";
import { openShop, type Shop } from "./shop.ts";
import { argumentsIn } from "../../cli/arguments.ts";
import { type CommandContext, CommandError, exitCodes, UsageError } from "../../cli/command.ts";

const usage = `Usage: tillbridge certify --client URL|PROGRAM [OPTIONS]

Drives a POS through what it must be able to do, against the simulator, and says what is missing (docs/certify.md).

  --client URL      the POS's page, opened in a browser of its own; it is told what to do by its window.tillbridgeCertify
  --client PROGRAM  or a script (.mjs, .js) or an executable that stands for the POS: it is told on its input
  --report FILE     the report, as Markdown; pictures of the page are put beside it
  --only CASES      these cases alone, such as reload,expire
  --wait SECONDS    how long one thing may take (30)
  --port N          where the till of the trial listens (a free port)
  --browser FILE    Chromium, Chrome or Edge (the one that is installed)
  --show            show the browser's window`;

const options = {
  client: { type: "string" },
  report: { type: "string" },
  only: { type: "string" },
  wait: { type: "string", default: "30" },
  port: { type: "string", default: "0" },
  browser: { type: "string" },
  show: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Context = Pick<CommandContext, "print" | "environment" | "world" | "version">;

interface CertifyOptions {
  readonly client: string;
  /** Where the page comes from; undefined for a program. */
  readonly origin: string | undefined;
  readonly cases: readonly Case[];
  readonly waitMs: number;
  readonly port: number;
  readonly browser: string;
  readonly isShown: boolean;
}

/** `tillbridge certify`: exit code 1 when anything is missing. */
export async function certifyCommand(argv: readonly string[], context: Context): Promise<number> {
  const values = parse(argv);
  if (values.help) {
    context.print(usage);
    return exitCodes.done;
  }
  const trial = trialOf(values);
  if (values.report !== undefined) await claim(values.report);
  const { results, pictures } = await certify(trial, context);
  const missing = results.filter((it) => it.faults.length > 0).length;
  context.print(`${results.length - missing} of ${results.length} passed`);
  if (values.report !== undefined) await writeReport(values.report, { results, pictures, version: context.version });
  return missing === 0 ? exitCodes.done : exitCodes.failed;
}

/** Before minutes of work, so that its report has a place. */
async function claim(report: string): Promise<void> {
  try {
    await writeFile(report, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new CommandError(`${report} cannot be written (${code}): name another file with --report.`);
  }
}

function parse(argv: readonly string[]) {
  return argumentsIn(argv, { options }).values;
}

function trialOf(values: ReturnType<typeof parse>): CertifyOptions {
  const { client = "", only, wait, port, browser, show } = values;
  const origin = /^https?:\/\//.test(client) && URL.canParse(client) ? new URL(client).origin : undefined;
  if (origin === undefined && !existsSync(client))
    throw new UsageError("--client must be the address of a page, or name a program that there is");
  const waitMs = Number(wait) * 1000;
  if (!(waitMs > 0 && waitMs <= 600_000)) throw new UsageError("--wait must be a number of seconds, at most 600");
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError("--port must be a number up to 65535");
  return {
    client: origin === undefined ? resolve(client) : client,
    origin,
    cases: casesOf(only),
    waitMs,
    port: Number(port),
    browser: origin === undefined ? "" : browserOf(browser),
    isShown: show,
  };
}

function casesOf(only: string | undefined): readonly Case[] {
  const names = only?.split(",").map((name) => name.trim());
  const unknown = names?.find((name) => !cases.some((it) => it.name === name));
  if (unknown !== undefined)
    throw new UsageError(
      `--only: there is no case "${unknown}". There are: ${cases.map(({ name }) => name).join(", ")}`,
    );
  return names ? cases.filter(({ name }) => names.includes(name)) : cases;
}

const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

function browserOf(named: string | undefined): string {
  const found = named === undefined ? browsers.map((name) => `/usr/bin/${name}`) : [named];
  const program = found.find((file) => existsSync(file));
  if (program === undefined) throw new UsageError("--browser must name Chromium, Chrome or Edge: none was found");
  return program;
}

interface CertifyOutcome {
  readonly results: readonly CaseResult[];
  /** By the case's name. */
  readonly pictures: ReadonlyMap<string, Uint8Array>;
}

async function certify(trial: CertifyOptions, context: Context): Promise<CertifyOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-certify-"));
  const shop = await openShop({ ...context, ...trial, folder });
  try {
    const pos = await openPos(trial, { shop, folder, context });
    try {
      return await tryAll(trial.cases, { shop, pos }, context.print);
    } finally {
      await pos.close();
    }
  } finally {
    await shop.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface CertifyContext {
  readonly shop: Shop;
  readonly folder: string;
  readonly context: Context;
}

async function openPos(trial: CertifyOptions, { shop, folder, context }: CertifyContext): Promise<Pos> {
  const { environment, world } = context;
  const { client, origin, waitMs, browser: program, isShown } = trial;
  const memory = join(folder, "pos");
  await mkdir(memory);
  const given = { TILLBRIDGE_URL: shop.url, TILLBRIDGE_TOKEN: shop.token, TILLBRIDGE_MEMORY: memory };
  const pos =
    origin === undefined
      ? new ProgramPos(client, { ...environment, ...given }, waitMs)
      : new PagePos({
          browser: startBrowser({ program, folder, isShown, environment }),
          address: client,
          till: { url: shop.url, token: shop.token },
          world,
          waitMs,
        });
  try {
    await pos.start();
    return pos;
  } catch (error) {
    await pos.close();
    throw new CommandError(error instanceof Error ? error.message : "the POS could not be started");
  }
}

async function tryAll(
  chosen: readonly Case[],
  rig: CaseContext,
  print: (line: string) => void,
): Promise<CertifyOutcome> {
  const results: CaseResult[] = [];
  const pictures = new Map<string, Uint8Array>();
  for (const it of chosen) {
    const result = await tried(it, rig);
    results.push(result);
    for (const line of linesOf(result)) print(line);
    const picture = await rig.pos.picture?.().catch(() => undefined);
    if (picture) pictures.set(it.name, picture);
  }
  return { results, pictures };
}

async function tried(it: Case, rig: CaseContext): Promise<CaseResult> {
  const { name, expected } = it;
  try {
    return { name, expected, faults: await it.run(rig) };
  } catch (error) {
    return { name, expected, faults: [error instanceof Error ? error.message : "it could not be tried"] };
  }
}
