import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { openTill, type Page } from "../../docs/examples/sale.ts";
import { cases } from "../../daemon/devkit/certify/cases.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";
import { checkout } from "../support/imports.ts";
import { installed } from "../support/installed.ts";
import { Program, runProgram } from "../support/program.ts";
import { Till } from "../support/till.ts";

test("docs/certify.md names every case of the command", async () => {
  const guide = await readFile(join(checkout, "docs/certify.md"), "utf8");
  for (const { name, expected } of cases) expect(guide).toContain(`| ${name} | ${expected} |`);
  expect(guide.match(/^\| .* \|$/gm)).toHaveLength(cases.length + 11);
});

test("the example stands in docs/frontend.md as it is compiled", async () => {
  const guide = await readFile(join(checkout, "docs/frontend.md"), "utf8");
  expect(guide).toContain(`\`\`\`ts\n${await readFile(join(checkout, "docs/examples/sale.ts"), "utf8")}\`\`\``);
});

describe("the example in docs/frontend.md", () => {
  let till: Till;
  const closing: (() => void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await till.close();
  });

  /** A page on this till; a second one with the same memory is the first one after a reload. */
  function page(memory: Map<string, string>) {
    const said: string[] = [];
    const receipts: string[] = [];
    const parts: Page = {
      memory: {
        getItem: (key) => memory.get(key) ?? null,
        setItem: (key, value) => void memory.set(key, value),
        removeItem: (key) => void memory.delete(key),
      },
      locale: "da-DK",
      say: (words) => said.push(words),
      makeReceipt: async (saleId) => {
        receipts.push(saleId);
        return `R-${saleId}`;
      },
    };
    const opened = openTill(parts, `ws://127.0.0.1:${till.port}/v1`, till.token);
    closing.push(() => opened.till.close());
    return { ...opened, said, receipts };
  }

  async function customer(does: "approve" | "refuse"): Promise<void> {
    const { payment } = await till.until("payment.changed", (it) => it.payment.state === "waitingForApproval");
    till.simulator.platform.phone[does](payment.reference);
  }

  test("sells, makes one receipt, and refunds in parts", async () => {
    till = await Till.open();
    const pos = page(new Map());
    const selling = pos.sell("sale-1", 4990, "4500000001");
    await customer("approve");
    expect(await selling).toMatchObject({ state: "completed", captured: 4990, receiptNumber: "R-sale-1" });
    expect(pos.receipts).toEqual(["sale-1"]);
    await pos.refund("refund-0001", "R-sale-1", 1000);
    await pos.refund("refund-0002", "R-sale-1", 3990);
    await till.until(
      "refund.changed",
      ({ refund }) => refund.refundId === "refund-0002" && refund.state === "refunded",
    );
    await expect(pos.refund("refund-0003", "R-sale-1", 1)).rejects.toMatchObject({ code: "REFUND_EXCEEDS" });
  });

  test("takes its sale up again after a reload, and charges once", async () => {
    till = await Till.open();
    const memory = new Map<string, string>();
    const before = page(memory);
    void before.sell("sale-1", 4990, "4500000001").catch(() => undefined);
    await till.until("payment.changed", (it) => it.payment.state === "waitingForApproval");
    before.till.close();
    const after = page(memory);
    const selling = after.sell("sale-1", 4990, "4500000001");
    await customer("approve");
    expect(await selling).toMatchObject({ state: "completed", captured: 4990 });
    expect((await till.call("payment.list", {})).payments).toHaveLength(1);
  });

  test("tells the cashier in Danish, and ends a sale that the customer refused or the cashier cancelled", async () => {
    till = await Till.open();
    const pos = page(new Map());
    const refused = pos.sell("sale-1", 4990, "4500000001");
    await customer("refuse");
    expect(await refused).toMatchObject({ state: "rejected", captured: 0 });
    const cancelled = pos.sell("sale-2", 4990, "4500000001");
    await till.until(
      "payment.changed",
      ({ payment }) => payment.saleId === "sale-2" && payment.state === "waitingForApproval",
    );
    await pos.cancel("sale-2");
    expect(await cancelled).toMatchObject({ state: "cancelled", captured: 0 });
    expect([pos.said[0], pos.receipts]).toEqual(["Klar.", []]);
  });
});

describe("docs/start.md", () => {
  test("leads to a paid sale", async () => {
    const guide = await readFile(join(checkout, "docs/start.md"), "utf8");
    const folder = await mkdtemp(join(tmpdir(), "tillbridge-start-"));
    const simulator = await startSimulator({ world: realWorld() });
    const settings = /```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
    const config = join(folder, "tillbridge.json");
    // Everything as it stands, but for ports and a folder that other tests may be using.
    const ported = settings.replace("http://127.0.0.1:8460", simulator.url).replace("8455", "0");
    await writeFile(config, ported.replace("demo-data/my-till", join(folder, "data")), { mode: 0o600 });

    const [, add = ""] = /scripts\/tillbridge (access add .*?) --config tillbridge\.json \| tail -1/.exec(guide) ?? [];
    const added = await runProgram([...add.split(" "), "--config", config]);
    const token = added.stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(guide).toContain("scripts/tillbridge run --config tillbridge.json");
    const daemon = new Program(["run", "--config", config]);
    const port = await daemon.port();

    const [, script = ""] = /node (docs\/examples\/\S+\.mjs) ws:/.exec(guide) ?? [];
    const pos = spawn(process.execPath, [await installed(folder, script), `ws://127.0.0.1:${port}/v1`]);
    pos.stdin.end(`${token}\n`);
    const complained = text(pos.stderr);
    const said: string[] = [];
    for await (const line of createInterface({ input: pos.stdout })) {
      said.push(line);
      const [asked] = simulator.platform.phone.requests("4500000001");
      if (line.startsWith("Approve") && asked) simulator.platform.phone.approve(asked.reference);
    }
    expect({ said: said.join(" "), complained: await complained }).toEqual({
      said: expect.stringMatching(/^ready .*waitingForApproval Approve it on the phone\. .*paid completed$/),
      complained: "",
    });
    expect(await daemon.stop()).toMatchObject({ code: 0 });
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("names only commands and files that there are", async () => {
    const guide = await readFile(join(checkout, "docs/start.md"), "utf8");
    for (const [, file = ""] of guide.matchAll(/\]\(([\w/.-]+)\)/g)) await readFile(join(checkout, "docs", file));
    const help = (await runProgram(["--help"])).stdout;
    for (const [, command = ""] of guide.matchAll(/scripts\/tillbridge (\w+)/g))
      expect(help).toContain(`tillbridge ${command}`);
  });
});
