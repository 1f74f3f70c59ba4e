import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openConsole } from "../../daemon/server/access/console-access.ts";
import { accessFile } from "../../daemon/server/access/file.ts";
import { runProgram } from "../support/program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tillbridge-console-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function command(port: number, ...words: string[]) {
  const config = join(folder, "till.json");
  const mobilepay = {
    merchantSerialNumber: "123456",
    clientId: "id",
    clientSecret: "secret",
    subscriptionKey: "key",
    currency: "DKK",
  };
  const settings = {
    till: { id: "kassa-1", name: "Kassa 1" },
    dataDir: join(folder, "data"),
    listen: { port },
    mobilepay,
  };
  await writeFile(config, JSON.stringify(settings), { mode: 0o600 });
  return runProgram(["console", ...words, "--config", config]);
}

describe("tillbridge console", () => {
  test("shows an address with a code that opens the console, and keeps only the code's hash", async () => {
    const { code: exitCode, stdout } = await command(8455);
    expect(exitCode).toBe(0);
    const [, code = ""] = /^Open http:\/\/127\.0\.0\.1:8455\/#(\d{8})$/m.exec(stdout) ?? [];
    expect(stdout).toContain(`type ${code.slice(0, 4)} ${code.slice(4)}`);
    expect(await readFile(join(folder, "data/access.json"), "utf8")).not.toContain(code);
    const opened = { id: "console-1", tokenHash: "0".repeat(64) };
    const record = accessFile(join(folder, "data")).read();
    expect(openConsole(record, code, opened, Date.now()).answer).toEqual({ outcome: "opened" });
  });

  test("shows the code alone when the till takes whichever port is free", async () => {
    const { stdout } = await command(0);
    expect(stdout).toMatch(/^On the till's console type \d{4} \d{4}$/m);
    expect(stdout).not.toContain("http");
  });

  test("says what is wrong in one line when the access list cannot be trusted", async () => {
    await command(8455);
    await chmod(join(folder, "data/access.json"), 0o644);
    const { code, stdout, stderr } = await command(8455);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^tillbridge: access\.json can be read or written by others.*\n$/);
  });

  test("takes no arguments", async () => {
    expect((await command(8455, "now")).code).toBe(2);
  });
});
