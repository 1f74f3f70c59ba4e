import { describe, expect, test } from "vitest";
import { CommandError, UsageError } from "../../daemon/cli/command.ts";
import { simulatorCommand } from "../../daemon/devkit/simulator/command.ts";
import { realWorld } from "../../daemon/world.ts";
import { Merchant } from "../support/merchant.ts";

function context(stop: AbortSignal, print: (line: string) => void) {
  return { world: realWorld(), stop, print };
}

/** Runs the command until `use` is done with what it printed. */
async function running(argv: string[], use: (printed: string) => Promise<void>): Promise<number> {
  const stop = new AbortController();
  const printed = Promise.withResolvers<string>();
  const ended = simulatorCommand(argv, context(stop.signal, printed.resolve));
  try {
    await use(await Promise.race([printed.promise, ended.then(() => "")]));
  } finally {
    stop.abort();
  }
  return ended;
}

describe("tillbridge simulator", () => {
  test("prints the settings that a till needs, and they work", async () => {
    const code = await running(["--port", "0", "--msn", "7654321", "--currency", "NOK"], async (printed) => {
      const mobilepay = JSON.parse(`{${printed.slice(printed.indexOf('"mobilepay"'))}}`).mobilepay;
      expect(mobilepay).toMatchObject({ merchantSerialNumber: "7654321", currency: "NOK" });
      const merchant = new Merchant(async ({ method, path, headers }) => {
        const answer = await fetch(mobilepay.baseUrl + path, { method, headers });
        return { status: answer.status, headers: {}, body: await answer.text() };
      }, mobilepay);
      expect((await merchant.authorize()).status).toBe(200);
    });
    expect(code).toBe(0);
  });

  test("says so when the port is taken", async () => {
    await running(["--port", "0"], async (printed) => {
      const port = /127\.0\.0\.1:(\d+)/.exec(printed)?.[1] ?? "";
      const second = simulatorCommand(
        ["--port", port],
        context(AbortSignal.abort(), () => undefined),
      );
      await expect(second).rejects.toThrow(CommandError);
    });
  });

  test.each([[["--port", "70000"]], [["--msn", "12"]], [["--currency", "SEK"]], [["--speed", "9"]], [["extra"]]])(
    "does not start with %j",
    async (argv) => {
      const start = simulatorCommand(
        argv,
        context(AbortSignal.abort(), () => undefined),
      );
      await expect(start).rejects.toThrow(UsageError);
    },
  );
});
