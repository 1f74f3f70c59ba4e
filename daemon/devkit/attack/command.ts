import { readFileSync } from "node:fs";
import type { OutsideAttack } from "./attack.ts";
import { doorAttacks } from "./door-attacks.ts";
import { moneyAttacks, sessionAttacks } from "./session-attacks.ts";
import type { Target } from "./target.ts";
import { argumentsIn } from "../../cli/arguments.ts";
import { type CommandContext, exitCodes, UsageError } from "../../cli/command.ts";

const usage = `Usage: tillbridge attack [--url ws://127.0.0.1:8455/v1] [--origin ORIGIN] [--token-file FILE] [--simulator]

Tries the attacks of docs/security.md on a till of your own that runs on this machine, from outside, and says what held.
Nothing that moves money is tried, unless the till sells to the simulator and you say so.

  --url URL          the till's socket; a loopback address (ws://127.0.0.1:8455/v1)
  --origin ORIGIN    an origin that the till lets in: what looks like it is tried too
  --token-file FILE  a file with a client's token, or TILLBRIDGE_TOKEN: what only a client can try is tried too
  --simulator        the till sells to the simulator: payments are started and withdrawn
  --wait SECONDS     how long an answer may take (8)
  --json             the report as JSON`;

const options = {
  url: { type: "string", default: "ws://127.0.0.1:8455/v1" },
  origin: { type: "string" },
  "token-file": { type: "string" },
  simulator: { type: "boolean", default: false },
  wait: { type: "string", default: "8" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Context = Pick<CommandContext, "print" | "environment">;

/** What became of one attack. `faults` says what the till did wrong. */
interface AttackResult {
  readonly number: string;
  readonly what: string;
  readonly outcome: "held" | "broken" | "notTried";
  readonly faults: readonly string[];
}

/** `tillbridge attack`: exit code 1 when anything did not hold. */
export async function attackCommand(argv: readonly string[], { print, environment }: Context): Promise<number> {
  const values = parse(argv);
  if (values.help) {
    print(usage);
    return exitCodes.done;
  }
  const target = targetOf(values, environment);
  const findings: AttackResult[] = [];
  for (const attack of [...doorAttacks, ...sessionAttacks, ...moneyAttacks]) {
    const finding = await tried(attack, target, values.simulator);
    findings.push(finding);
    if (!values.json) for (const line of linesOf(finding)) print(line);
  }
  const count = (outcome: AttackResult["outcome"]) => findings.filter((it) => it.outcome === outcome).length;
  if (values.json) print(JSON.stringify({ url: target.url.href, findings }, undefined, 2));
  else print(`${count("held")} held, ${count("broken")} broken, ${count("notTried")} not tried`);
  return count("broken") === 0 ? exitCodes.done : exitCodes.failed;
}

function parse(argv: readonly string[]) {
  return argumentsIn(argv, { options }).values;
}

function targetOf(values: ReturnType<typeof parse>, environment: Context["environment"]): Target {
  const url = URL.canParse(values.url) ? new URL(values.url) : undefined;
  const isSocket = url?.protocol === "ws:" || url?.protocol === "wss:";
  if (!url || !isSocket || !["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) {
    throw new UsageError(
      "--url must be ws:// or wss:// at 127.0.0.1, localhost or [::1]: only a till on this machine may be tried",
    );
  }
  if (
    values.origin !== undefined &&
    !(URL.canParse(values.origin) && new URL(values.origin).origin === values.origin)
  ) {
    throw new UsageError("--origin must be an origin as a browser sends it: https://pos.example.com");
  }
  const seconds = Number(values.wait);
  if (!(seconds > 0 && seconds <= 60)) throw new UsageError("--wait must be a number of seconds, at most 60");
  const port = Number(url.port || (url.protocol === "wss:" ? 443 : 80));
  return {
    url,
    port,
    origin: values.origin,
    token: tokenOf(values["token-file"], environment),
    answerMsMax: seconds * 1000,
  };
}

/** Never on the command line: every user of the machine can read that. */
function tokenOf(file: string | undefined, environment: Context["environment"]): string | undefined {
  if (file === undefined) return environment["TILLBRIDGE_TOKEN"];
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new UsageError("--token-file cannot be read");
  }
}

async function tried(attack: OutsideAttack, target: Target, simulator: boolean): Promise<AttackResult> {
  const { number, what } = attack;
  if (attack.movesMoney && !simulator) return { number, what, outcome: "notTried", faults: ["needs --simulator"] };
  if (attack.needsToken && target.token === undefined)
    return { number, what, outcome: "notTried", faults: ["needs a token"] };
  const faults = await attack.run(target).catch(failed);
  return { number, what, outcome: faults.length === 0 ? "held" : "broken", faults };
}

function failed(error: unknown): string[] {
  return [`it could not be tried: ${error instanceof Error ? error.message : "unknown"}`];
}

function linesOf({ number, what, outcome, faults }: AttackResult): string[] {
  const mark = { held: "held   ", broken: "BROKEN ", notTried: "-      " }[outcome];
  return [`${number} ${mark} ${what}`, ...faults.map((it) => `            ${it}`)];
}
