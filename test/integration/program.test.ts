import { once } from "node:events";
import { chmod, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../daemon/journal/sqlite/connection.ts";
import manifest from "../../package.json" with { type: "json" };
import { Program, type ProgramOptions, runProgram } from "../support/program.ts";

let folder = "";
const running: Program[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "program-test-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop("SIGKILL")));
  await rm(folder, { recursive: true });
});

async function configFile(changes: Record<string, unknown> = {}, baseUrl = "http://127.0.0.1:9"): Promise<string> {
  const file = join(folder, "tillbridge.json");
  const keys = { clientId: "canary-id", clientSecret: "canary-secret", subscriptionKey: "canary-key" };
  const mobilepay = { baseUrl, merchantSerialNumber: "123456", ...keys };
  const config = {
    till: { id: "kassa-1", name: "Kassa 1" },
    dataDir: "data",
    listen: { port: 0 },
    mobilepay,
    ...changes,
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

async function start(file: string, options?: ProgramOptions): Promise<Program> {
  const program = new Program(["run", "--config", file], options);
  running.push(program);
  await program.firstLine;
  return program;
}

async function isWell(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/health`);
  return response.ok;
}

describe("the command line", () => {
  test("--version prints the version alone", async () => {
    expect(await runProgram(["--version"])).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  test.each([
    [0o700, ["compiled"]],
    [0o777, []],
  ])("compiled code is kept only where nobody else can write (mode %i)", async (mode, kept) => {
    await chmod(folder, mode);
    expect(await runProgram(["--version"], { environment: { CACHE_DIRECTORY: folder } })).toMatchObject({ code: 0 });
    expect(await readdir(folder)).toEqual(kept);
  });

  test("wrong usage is told on stderr, with exit code 2", async () => {
    expect(await runProgram(["sell"])).toMatchObject({
      code: 2,
      stdout: "",
      stderr: 'tillbridge: there is no command "sell"; see tillbridge --help\n',
    });
  });
});

describe("a service that is wrongly configured", () => {
  test("does not start, and says in one line what is wrong, without the secret", async () => {
    const ended = await runProgram(["run", "--config", await configFile({ recovery: { abandonAfterSeconds: 0 } })]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^tillbridge: [^\n]+:1:\d+: recovery\.abandonAfterSeconds must be [^\n]+\n$/);
    expect(ended.stderr).not.toContain("canary");
  });

  const production = "https://mobilepay.invalid";
  test.each<[string, string, ProgramOptions]>([
    [
      "certificates are not checked",
      "NODE_TLS_REJECT_UNAUTHORIZED=0",
      { environment: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } },
    ],
    ["a proxy is forced on Node", "NODE_USE_ENV_PROXY", { environment: { NODE_USE_ENV_PROXY: "1" } }],
    ["the inspector is open", "--inspect", { nodeOptions: ["--inspect=127.0.0.1:0"] }],
    ["the inspector is open by NODE_OPTIONS", "--inspect", { environment: { NODE_OPTIONS: "--inspect=127.0.0.1:0" } }],
    ["code is loaded by NODE_OPTIONS", "--import", { environment: { NODE_OPTIONS: "--import=data:text/javascript," } }],
  ])("does not take money when %s", async (_what, named, options) => {
    const ended = await runProgram(["run", "--config", await configFile({}, production)], options);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain(named);
  });

  test("may be looked into when MobilePay is a stand-in on this computer", async () => {
    const program = await start(await configFile(), { environment: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(await isWell(await program.port())).toBe(true);
  });
});

describe("the service", () => {
  test("says that it is ready in one line on stdout, serves, and stops in order when asked", async () => {
    const program = await start(await configFile());
    expect(await isWell(await program.port())).toBe(true);
    const ended = await program.stop("SIGTERM");
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stdout).toMatch(/^tillbridge ready [^\n]+\n$/);
    expect(ended.stderr.trim().split("\n").at(-1)).toContain('"message":"stopped"');
  });

  test.each<NodeJS.Signals>(["SIGINT", "SIGHUP"])("stops in order on %s too", async (signal) => {
    const program = await start(await configFile());
    expect(await program.stop(signal)).toMatchObject({ code: 0 });
  });

  test("finds its settings by TILLBRIDGE_CONFIG", async () => {
    const program = new Program(["run"], { environment: { TILLBRIDGE_CONFIG: await configFile() } });
    running.push(program);
    expect(await isWell(await program.port())).toBe(true);
  });

  test("leaves a data directory that another one owns alone: exit code 3, and the first goes on", async () => {
    const file = await configFile();
    const first = await start(file);
    const second = await runProgram(["run", "--config", file]);
    expect(second).toMatchObject({ code: 3, stdout: "" });
    expect(second.stderr).toContain("another Tillbridge daemon is using this data directory");
    expect(await isWell(await first.port())).toBe(true);
  });

  test("does not touch a journal that a newer version has written: exit code 1, in words", async () => {
    const file = await configFile();
    await (await start(file)).stop("SIGTERM");
    const journal = await connect(join(folder, "data", "journal", "journal.db"), "write");
    await journal.script("PRAGMA user_version = 99");
    await journal.close();
    const ended = await runProgram(["run", "--config", file]);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("the journal was written by a newer Tillbridge");
  });

  test("does not go to another port when its own is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const ended = await runProgram(["run", "--config", await configFile({ listen: { port } })]);
    other.close();
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain(String(port));
  });

  test("goes on when whoever read its output has gone", async () => {
    const program = await start(await configFile({ log: { level: "debug" } }));
    const port = await program.port();
    program.process.stdout?.destroy();
    program.process.stderr?.destroy();
    // Each strange request is a record that cannot be written.
    for (let count = 0; count < 5; count += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/health`, {
        headers: { Origin: "https://stranger.example" },
      });
      expect(answer.status).toBe(403);
    }
    expect(await isWell(port)).toBe(true);
    program.process.kill("SIGTERM");
    expect(await once(program.process, "exit")).toEqual([0, null]);
  });

  test("does not open Node's inspector when it is asked to by signal", async () => {
    const program = await start(await configFile());
    program.process.kill("SIGUSR1");
    expect(await isWell(await program.port())).toBe(true);
    expect((await program.stop()).stderr).not.toContain("Debugger");
  });

  const failures = {
    "an exception that nobody caught": "throw new Error('boom canary-secret')",
    "a promise that nobody waited for": "Promise.reject(new Error('boom canary-secret'))",
  };
  test.each(Object.entries(failures))(
    "ends with exit code 1 and last words without a secret after %s",
    async (_what, code) => {
      const source = `process.on("SIGUSR2", () => { ${code} })`;
      const program = await start(await configFile(), { nodeOptions: ["--import", `data:text/javascript,${source}`] });
      await program.port();
      const ended = await program.stop("SIGUSR2");
      expect(ended).toMatchObject({ code: 1, signal: null });
      const last = JSON.parse(ended.stderr.trim().split("\n").at(-1) ?? "") as unknown;
      expect(last).toMatchObject({ level: "error", error: { message: "boom [removed]" } });
      expect(ended.stderr).not.toContain("canary");
    },
  );

  test.each([true, false])(
    "puts priorities in front of its records for journald alone (journald: %s)",
    async (journald) => {
      const path = join(folder, "stderr");
      const stderr = await open(path, "w");
      const { dev, ino } = await stderr.stat();
      const JOURNAL_STREAM = `${dev}:${journald ? ino : ino + 1}`;
      const program = await start(await configFile(), { environment: { JOURNAL_STREAM }, stderr: stderr.fd });
      await program.stop();
      await stderr.close();
      const lines = (await readFile(path, "utf8")).trim().split("\n");
      for (const line of lines) expect(line).toMatch(journald ? /^<[3-7]>\{/ : /^\{/);
    },
  );

  test("what forbids the start stands in the journal as an error", async () => {
    const path = join(folder, "stderr");
    const stderr = await open(path, "w");
    const { dev, ino } = await stderr.stat();
    const file = await configFile();
    await writeFile(file, "{}");
    const environment = { JOURNAL_STREAM: `${dev}:${ino}` };
    const { code } = await new Program(["run", "--config", file], { environment, stderr: stderr.fd }).ended;
    await stderr.close();
    expect(code).toBe(2);
    expect(await readFile(path, "utf8")).toMatch(/^<3>tillbridge: /);
  });

  test("writes its log to a file when told so", async () => {
    const program = await start(await configFile({ log: { file: "log/tillbridge.log" } }));
    await program.port();
    expect((await program.stop()).stderr).toBe("");
    expect(await readFile(join(folder, "log/tillbridge.log"), "utf8")).toContain('"message":"stopped"');
  });
});

describe("the doctor", () => {
  test("says of a till that was never started what to do, one line per check", async () => {
    const ended = await runProgram(["doctor", "--config", await configFile()]);
    expect(ended.code).toBe(1);
    const lines = ended.stdout.trim().split("\n");
    expect(lines.map((line) => line.split(/\s+/).slice(0, 2).join(" "))).toEqual([
      "ok config",
      "ok environment",
      "unknown service",
      "ok versions",
      "warning port",
      "ok memory",
      "warning dataDir",
      "unknown disk",
      "ok journal",
      "ok recovery",
      "warning devices",
      "failed mobilepay.reachable",
      "unknown mobilepay.keys",
      "unknown mobilepay.salesUnit",
      "unknown mobilepay.pushMessage",
      "unknown mobilepay.clock",
    ]);
    for (const line of lines.filter((line) => /^(?:warning|failed)/.test(line))) expect(line).toContain(" → ");
  });

  test("knows the service when it runs, and everybody else on its port", async () => {
    const program = await start(await configFile());
    const port = await program.port();
    const file = await configFile({ listen: { port } });
    const { stdout } = await runProgram(["doctor", "--json", "--config", file]);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; says: string }[] };
    expect(checks).toContainEqual({ name: "port", state: "ok", says: `The service is running on port ${port}.` });
    expect(checks).toContainEqual(expect.objectContaining({ name: "journal", state: "ok" }));
    await program.stop();
    const stranger = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n{}")).listen(port, "127.0.0.1");
    await once(stranger, "listening");
    const again = await runProgram(["doctor", "--config", file]);
    stranger.close();
    expect(again.stdout).toMatch(new RegExp(`^failed +port +Another program uses port ${port}\\.`, "m"));
  });

  test("says to set a till up that has no settings yet", async () => {
    const ended = await runProgram(["doctor", "--config", join(folder, "none.json")]);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/^failed +config +\S+: cannot be read \(ENOENT\) → Set the till up: tillbridge setup/);
  });

  test("shows a wrong setting as its one line, exit code 2", async () => {
    const ended = await runProgram(["doctor", "--config", await configFile({ origins: ["*"] })]);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toMatch(/^failed +config +[^\n]+:1:\d+: origins\[0\] must be[^\n]+\n$/);
  });
});
