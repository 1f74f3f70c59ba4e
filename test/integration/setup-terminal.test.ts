import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { loadConfig } from "../../daemon/config/config.ts";
import { programFile } from "../support/bundle.ts";
import { canaries, msn, SetupRig } from "../support/setup-rig.ts";

/** What a terminal is told besides what it shows. */
// oxlint-disable-next-line no-control-regex
const cursorMoves = /\u001b\[\d*[A-Z]/g;

/** The program at a terminal of its own, and who sits there. */
class Terminal {
  shown = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  #wake = () => {};

  constructor(words: readonly string[]) {
    const program = [process.execPath, programFile, ...words].map((word) => `'${word}'`).join(" ");
    // socat has ideas of its own about spaces, and keeps the exit code to itself: it is shown.
    const shell = `sh -c "eval \\"\\$PROGRAM\\"; echo exit=\\$?"`;
    this.#child = spawn("socat", ["-t", "10", "stdio", `exec:'${shell}',pty,setsid,ctty,stderr`], {
      stdio: "pipe",
      env: { ...process.env, PROGRAM: program },
    });
    this.#ended = once(this.#child, "exit");
    this.#child.stdout?.on("data", (part: Buffer) => {
      this.shown += part.toString().replace(cursorMoves, "");
      this.#wake();
    });
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  /** Answers the next question that is like this. */
  async answer(question: RegExp, typed: string): Promise<void> {
    await this.until(question);
    this.#seen = this.shown.length;
    this.#child.stdin?.write(`${typed}\r`);
  }

  #seen = 0;

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.shown.slice(this.#seen))) {
      const more = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if ((await Promise.race([more, this.#ended])) !== undefined)
        throw new Error(`ended without ${pattern}: ${this.shown}`);
    }
  }
}

test("a person is asked for what a till needs, sees no key while typing it, and may be wrong", async () => {
  const rig = await SetupRig.make();
  const terminal = new Terminal(["setup", "--config", rig.settingsFile]);
  await terminal.answer(/till's id[^\n]*: $/, "kassa eins");
  await terminal.answer(/It must be 1 to 32 letters, digits and dashes\.[^]*till's id[^\n]*: $/, "kassa-1");
  await terminal.answer(/people call it[^\n]*: $/, "Kassa 1");
  await terminal.answer(/MobilePay's address \[https:\/\/api\.vipps\.no\]: $/, rig.baseUrl);
  await terminal.answer(/MSN\)[^\n]*: $/, msn);
  await terminal.answer(/client_id: $/, canaries.clientId);
  await terminal.answer(/client_secret: $/, canaries.clientSecret);
  await terminal.answer(/Ocp-Apim-Subscription-Key: $/, canaries.subscriptionKey);
  await terminal.answer(/origin[^\n]*: $/, "https://pos.example.com/till");
  await terminal.answer(/exact origin[^]*: $/, "https://pos.example.com");
  await terminal.answer(/check-ins[^\n]*\[frontend\]: $/, "");
  await terminal.answer(/Set the till up like this\?[^\n]*\[yes\]: $/, "");
  await terminal.until(/exit=0/);
  expect(terminal.shown).toMatch(/Its token, shown only now:\r?\n[\w-]{43}\r?\nexit=0/);
  for (const canary of Object.values(canaries)) expect(terminal.shown).not.toContain(canary);
  expect(loadConfig(rig.settingsFile)).toMatchObject({
    till: { id: "kassa-1", name: "Kassa 1" },
    mobilepay: canaries,
    origins: ["https://pos.example.com"],
  });
});

test("a person who says no, or goes away, has changed nothing", async () => {
  const rig = await SetupRig.make();
  const terminal = new Terminal(["setup", "--config", rig.settingsFile]);
  // Ctrl+D
  await terminal.answer(/till's id[^\n]*: $/, "\u0004");
  await terminal.until(/exit=1/);
  expect(terminal.shown).toContain("Nothing was changed.");
  expect(await rig.everything()).toEqual(new Map());
});
