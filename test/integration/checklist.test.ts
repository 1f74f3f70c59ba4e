import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, type TestContext, test } from "vitest";
import { checklistCommand } from "../../daemon/cli/checklist/command.ts";
import type { CommandContext } from "../../daemon/cli/command.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { openBundle } from "../support/bundle.ts";
import { Program } from "../support/program.ts";
import { quickWorld } from "../support/till.ts";
import { until } from "../support/until.ts";

// The go-live checklist against MobilePay's stand-in, over HTTP.

const phone = "4500000001";

interface Rig {
  readonly simulator: Simulator;
  readonly file: string;
  readonly config: string;
  readonly stop: AbortController;
  readonly printed: string[];
  run(...argv: string[]): Promise<number>;
  text(): Promise<string>;
}

async function open(context: TestContext, options: Partial<SimulatorOptions> = {}, baseUrl?: string): Promise<Rig> {
  const simulator = await startSimulator({ world: quickWorld(), ...options });
  context.onTestFinished(() => simulator.close());
  const folder = await mkdtemp(join(tmpdir(), "checklist-"));
  context.onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, "tillbridge.json");
  const settings = {
    till: { id: "tillA", name: "Till A" },
    dataDir: join(folder, "data"),
    mobilepay: { ...simulator.platform.unit.credentials, baseUrl: baseUrl ?? simulator.url },
  };
  await writeFile(config, JSON.stringify(settings), { mode: 0o600 });
  const file = join(folder, "checklist.md");
  const stop = new AbortController();
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const parts = { version: "1.2.3", world: quickWorld(), config: () => loadConfig(config), print, stop: stop.signal };
  return {
    simulator,
    file,
    config,
    stop,
    printed,
    // The command uses no more of its context.
    run: (...argv) => checklistCommand(["--file", file, ...argv], parts as unknown as CommandContext),
    text: () => readFile(file, "utf8"),
  };
}

/** The cells of the checklist's row about a call. */
function row(text: string, purpose: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(`| ${purpose} |`)) ?? "";
  return line.split("|").map((cell) => cell.replaceAll("`", "").trim());
}

/** What is reserved, asked for or taken at MobilePay. */
function unsettled({ simulator }: Rig): string[] {
  return simulator.platform.payments
    .all()
    .filter(({ state, authorized, captured, cancelled, refunded }) => {
      return state === "CREATED" || captured > refunded || authorized > captured + cancelled;
    })
    .map(({ reference }) => reference);
}

function eventsOf({ simulator }: Pick<Rig, "simulator">, reference: string) {
  return simulator.platform.payments.get(reference).events.map(({ name, amount }) => `${name} ${amount.value}`);
}

/** Each line against what happened at MobilePay under the reference that it names. */
function checkWhole(rig: Pick<Rig, "simulator">, text: string): void {
  const lines: readonly (readonly [string, string, readonly string[]])[] = [
    ["Create payment", "CREATED 10.00, PUSH_MESSAGE, CUSTOMER_PRESENT", ["CREATED 1000"]],
    ["Get payment", "CREATED", ["CREATED 1000"]],
    ["Get payment event log", "CREATED, AUTHORIZED, CAPTURED, CAPTURED, REFUNDED, REFUNDED", ["REFUNDED 400"]],
    ["Cancel payment, before approval", "TERMINATED, before the customer approved", ["TERMINATED 1000"]],
    [
      "Cancel payment, after approval",
      "CANCELLED 10.00, after the customer approved",
      ["AUTHORIZED 1000", "CANCELLED 1000"],
    ],
    ["Full capture", "CAPTURED 10.00", ["CAPTURED 1000"]],
    ["Partial capture", "CAPTURED 4.00, then 6.00", ["CAPTURED 400", "CAPTURED 600"]],
    ["Full refund", "REFUNDED 10.00", ["REFUNDED 1000"]],
    ["Partial refund", "REFUNDED 4.00, then 6.00", ["REFUNDED 400", "REFUNDED 600"]],
  ];
  for (const [purpose, outcome, happened] of lines) {
    const [, , call, reference = "", at, says] = row(text, purpose);
    expect({ purpose, says }).toEqual({ purpose, says: outcome });
    expect(call).toMatch(/^(GET|POST):\/epayment\/v1\/payments/);
    expect(at).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
    expect(eventsOf(rig, reference)).toEqual(expect.arrayContaining([...happened]));
  }
}

describe("tillbridge checklist", () => {
  test.concurrent("does every call, fills in every line, and leaves nothing reserved or taken", async (context) => {
    const rig = await open(context);
    expect(await rig.run("--phone", "+45 00 00 00 01")).toBe(0);
    expect(rig.simulator.platform.payments.all().map(({ customer }) => customer)).toEqual(Array(4).fill(phone));
    const text = await rig.text();
    checkWhole(rig, text);
    expect(unsettled(rig)).toEqual([]);
    expect(text).toContain("Nothing is left reserved or taken");
    expect(text).toContain("Vipps-System-Version: 1.2.3");
    expect(text).toContain("None is registered for this sales unit.");
    expect(text).not.toContain(phone);
    expect(rig.simulator.platform.payments.all().map(({ request }) => request.receipt !== undefined)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  test.concurrent("shows a code where no number is given, and waits until a person has approved", async (context) => {
    const rig = await open(context);
    const running = rig.run();
    for (const story of [2, 3, 4]) {
      await until(() => rig.printed.filter((line) => line.includes("Approve checklist-")).length === story - 1);
      const code =
        rig.printed
          .findLast((line) => line.includes("Scan this code"))
          ?.split(" ")
          .at(-1) ?? "";
      expect(await rig.simulator.platform.phone.scan(phone, code)).toMatchObject({ shown: "paymentRequest" });
      rig.simulator.platform.phone.approve(rig.simulator.platform.payments.all().at(-1)?.reference ?? "", phone);
    }
    expect(await running).toBe(0);
    expect(row(await rig.text(), "Create payment")[5]).toBe("CREATED 10.00, QR, CUSTOMER_PRESENT");
  });

  test.concurrent("says what MobilePay refuses, does all the rest, and gives everything back", async (context) => {
    const rig = await open(context, { features: { partialCapture: false } });
    expect(await rig.run("--phone", phone)).toBe(1);
    const text = await rig.text();
    expect(row(text, "Partial capture")[5]).toMatch(/^FAILED: refused: .*6140/);
    expect(row(text, "Partial refund")[5]).toBe("NOT TRIED");
    expect(row(text, "Full refund")[5]).toBe("REFUNDED 10.00");
    expect(unsettled(rig)).toEqual([]);
  });

  test.concurrent("says that the sales unit is not approved for PUSH_MESSAGE", async (context) => {
    const rig = await open(context, { features: { pushMessage: false } });
    expect(await rig.run("--phone", phone)).toBe(1);
    expect(row(await rig.text(), "Create payment")[5]).toMatch(/^FAILED: refused: .*5080/);
  });

  test.concurrent("an answer that is lost is asked for again, and nothing is taken or given back twice", async (context) => {
    const rig = await open(context);
    for (const operation of ["create", "capture", "refund", "cancel", "events", "get"] as const)
      rig.simulator.faults.plan({ operation, fault: { kind: "lostAfter" }, times: 2 });
    expect(await rig.run("--phone", phone)).toBe(0);
    checkWhole(rig, await rig.text());
    expect(unsettled(rig)).toEqual([]);
  });

  test.concurrent("a person who gives up leaves nothing reserved, and the lines say how far it came", async (context) => {
    const rig = await open(context);
    const running = rig.run("--phone", phone, "--in-app");
    await until(() => rig.printed.some((line) => line.includes("Approve checklist-")));
    rig.simulator.platform.phone.approve(rig.simulator.platform.payments.all().at(-1)?.reference ?? "");
    rig.stop.abort();
    expect(await running).toBe(1);
    expect(unsettled(rig)).toEqual([]);
    expect(await rig.text()).toContain("FAILED: stopped by the person");
  });

  test("the next run first ends what a run that was cut off has left", async (context) => {
    const rig = await open(context);
    const words = ["checklist", "--config", rig.config, "--file", rig.file, "--phone", phone, "--in-app"];
    const program = new Program(words);
    // The second story waits for the app.
    await until(() => rig.simulator.platform.payments.all().length === 2);
    await program.stop("SIGKILL");
    const reference = rig.simulator.platform.payments.all().at(-1)?.reference ?? "";
    rig.simulator.platform.phone.approve(reference);
    expect(unsettled(rig)).toEqual([reference]);
    expect(await rig.text()).toContain("This run has not come to its end.");
    expect(await rig.run("--phone", phone)).toBe(0);
    expect(eventsOf(rig, reference)).toEqual(["CREATED 1000", "AUTHORIZED 1000", "CANCELLED 1000"]);
    expect(unsettled(rig)).toEqual([]);
  });

  test.concurrent.for([
    [["--phone", "12"], "country code"],
    [["--week"], "--week"],
  ] as const)("refuses %j", async ([argv, words], context) => {
    const rig = await open(context);
    await expect(rig.run(...argv)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining(words),
    });
  });

  test.concurrent("touches real money only when that is asked for", async (context) => {
    const rig = await open(context, {}, "https://api.vipps.no");
    await expect(rig.run("--phone", phone)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringContaining("--with-real-money"),
    });
    expect(rig.printed).toEqual([]);
  });

  test.concurrent("writes over no file but a checklist, nor over one of another sales unit", async (context) => {
    const rig = await open(context);
    await writeFile(rig.file, "My notes");
    await expect(rig.run("--phone", phone)).rejects.toMatchObject({ message: expect.stringContaining("no checklist") });
    await writeFile(rig.file, "# ePayment API checklist\n\n- Environment: https://api.vipps.no, sales unit (MSN) 1\n");
    await expect(rig.run("--phone", phone)).rejects.toMatchObject({ message: expect.stringContaining("another") });
    expect(rig.simulator.platform.payments.all()).toEqual([]);
  });

  test("works in the built program", async (context) => {
    const bundle = await openBundle();
    context.onTestFinished(() => bundle.remove());
    const rig = await open(context);
    const words = [
      join(bundle.folder, "main.mjs"),
      "checklist",
      "--config",
      rig.config,
      "--file",
      rig.file,
      "--phone",
      phone,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    expect(stdout).toContain("every call was done");
    checkWhole(rig, await rig.text());
    expect(unsettled(rig)).toEqual([]);
  });
});
