import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, type Figures } from "./checks.ts";
import { bootGuest, type Guest, type Suite } from "./guest.ts";
import { makeStage, type Stage } from "./stage.ts";
import { commandLine, wrongUsage } from "../support/command-line.ts";
import { checkout } from "../support/imports.ts";
import { figureTable, writeInto } from "./figures.ts";

const { values: wish, words } = commandLine("vm-service", { debian: "12,13", write: false, console: false }, 1);
const suites: Readonly<Record<string, Suite>> = { "12": "bookworm", "13": "trixie" };

const whatHappened = `journalctl --no-pager -n 30 -o short-monotonic -u tillbridge
systemctl status tillbridge --no-pager -n 0`;

// Interrupted, it ends by itself, so that no machine stays behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

const chosen = wish.debian.split(",").map((debian) => {
  const suite = suites[debian] ?? wrongUsage("vm-service", `--debian is some of ${Object.keys(suites).join(",")}`);
  return [debian, suite] as const;
});
const file = words[0] ?? (await built());
const stage = await makeStage(file);
let failures = 0;
try {
  const found: Record<string, Figures> = {};
  for (const [debian, suite] of chosen) found[debian] = await checkOn(debian, suite, stage);
  const table = figureTable(found, stage);
  console.log(table);
  if (wish.write && failures === 0) await writeInto(join(checkout, "docs/install.md"), table);
} finally {
  await stage.remove();
}
console.log(failures === 0 ? "all passed" : `${failures} FAILED`);
process.exitCode = failures === 0 ? 0 : 1;

async function built(): Promise<string> {
  const { stdout } = await promisify(execFile)(join(checkout, "scripts/package"), ["amd64"]);
  return /^(\S+\.deb)/m.exec(stdout)?.[1] ?? "";
}

async function checkOn(debian: string, suite: Suite, stage: Stage): Promise<Figures> {
  await promisify(execFile)(join(checkout, "test/service/build-image"), [suite], { maxBuffer: 16 * 1024 * 1024 });
  const onConsole = (line: string) => (wish.console ? console.error(`  | ${line}`) : undefined);
  const guest = await bootGuest({ suite, stage: stage.folder, onConsole });
  const report = (title: string, check: () => Promise<string | void>) =>
    tell(guest, `Debian ${debian}: ${title}`, check);
  try {
    return await checkPackage({ guest, stage, report });
  } finally {
    await guest.end();
  }
}

async function tell(guest: Guest, title: string, check: () => Promise<string | void>): Promise<void> {
  try {
    const found = await check();
    console.log(`passed  ${title}${found ? `: ${indented(found)}` : ""}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${title}: ${indented(error instanceof Error ? error.message : String(error))}`);
    console.error(indented((await guest.run(whatHappened)).text));
  }
}

function indented(text: string): string {
  return text.trim().replaceAll("\n", "\n          ");
}
