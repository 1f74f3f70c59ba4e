import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { parseCommandLine } from "../../daemon/cli/arguments.ts";
import type { Commands, Host } from "../../daemon/cli/command.ts";
import { commands } from "../../daemon/cli/commands.ts";
import { kitNames, type LoadKit } from "../../daemon/cli/kit.ts";
import { runProgram } from "../../daemon/cli/program.ts";
import { ignoredProxies, unsafeEnvironment } from "../../daemon/cli/system/process-environment.ts";
import { kitCommands } from "../../daemon/devkit/devkit.ts";
import { realWorld } from "../../daemon/world.ts";

const all: Commands = { ...commands, ...kitCommands };
const withKit = async () => kitCommands;

async function run(words: readonly string[], environment: Host["environment"] = {}, loadKit: LoadKit = withKit) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const host: Host = {
    environment,
    nodeOptions: [],
    world: realWorld(),
    stop: AbortSignal.abort(),
    stdin: () => new PassThrough(),
    isTerminal: false,
    stderr: new PassThrough(),
    print: (line) => stdout.push(line),
    complain: (line) => stderr.push(line),
    onCrash: () => undefined,
    kill: () => undefined,
  };
  const code = await runProgram(words, host, loadKit);
  return { code, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
}

describe("the command line", () => {
  test("--help names every command and every exit code", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    const usage = Object.values(all).flatMap((row) => row.usage);
    for (const line of usage) expect(stdout.split("\n")).toContain(`    tillbridge ${line}`);
    expect(stdout).toContain("0 done, 1 failed, 2 wrong usage or configuration, 3 another daemon");
  });

  test.each(Object.keys(all))("%s can be loaded and answers --help", async (name) => {
    expect(await all[name]?.load()).toBeTypeOf("function");
    const { code, stdout } = await run([name, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`tillbridge ${name}`);
  });

  test.each(Object.keys(all))(
    "%s tells an option that there is not in one line, before it reads any settings",
    async (name) => {
      const { code, stdout, stderr } = await run([name, "--no-such-option"]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^tillbridge: [^\n]+$/);
      expect(stderr).not.toContain("which till?");
    },
  );

  test.each(kitNames)("%s says where it belongs when the developer's kit was left out", async (name) => {
    const { code, stderr } = await run([name], {}, async () => undefined);
    expect(code).toBe(2);
    expect(stderr).toBe(`tillbridge: ${name} belongs to the developer's kit, which was left out of this package`);
  });

  test("nothing but a command of the kit, and the list of all commands, loads the kit", async () => {
    const loadKit = vi.fn<LoadKit>(withKit);
    for (const name of Object.keys(commands)) await run([name, "--help"], {}, loadKit);
    for (const words of [["run"], ["sell"], ["--version"]]) await run(words, {}, loadKit);
    expect(loadKit).not.toHaveBeenCalled();
  });

  test.each([
    [[], "Usage: tillbridge"],
    [["sell"], 'tillbridge: there is no command "sell"; see tillbridge --help'],
    [["constructor"], 'tillbridge: there is no command "constructor"; see tillbridge --help'],
    [["run"], "tillbridge: which till? Name its settings with --config FILE, or set TILLBRIDGE_CONFIG"],
    [["run", "--config"], "tillbridge: --config must be followed by a file"],
    [["run", "--config="], "tillbridge: --config must be followed by a file"],
    [["run", "--config", "a", "--config=b"], "tillbridge: --config stands there twice"],
    [["run", "--config", "/none"], "tillbridge: /none: cannot be read (ENOENT)"],
    [["run", "--fast", "--config", "/none"], 'tillbridge: run does not take "--fast"'],
    [["doctor", "--colour", "--config", "/none"], "tillbridge: Unknown option '--colour'"],
  ])("wrong usage is told with exit code 2, and nothing stands on stdout: %j", async (words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr.startsWith(message)).toBe(true);
  });

  test("--config wins over TILLBRIDGE_CONFIG, and may stand anywhere", async () => {
    const environment = { TILLBRIDGE_CONFIG: "/in-environment" };
    expect((await run(["run"], environment)).stderr).toContain("/in-environment");
    expect((await run(["--config", "/named", "run"], environment)).stderr).toContain("/named");
    expect(parseCommandLine(["access", "--config=/named", "list"])).toMatchObject({
      name: "access",
      rest: ["list"],
      configFile: "/named",
    });
  });
});

describe("what is around the process", () => {
  const production = "https://api.vipps.no";
  const allowed = { environment: {}, nodeOptions: [] };

  test("nothing strange: the service starts", () => {
    expect(unsafeEnvironment(production, allowed)).toBeUndefined();
    const environment = {
      NODE_OPTIONS: " --max-old-space-size=96 --max-semi-space-size=1",
      NODE_TLS_REJECT_UNAUTHORIZED: "1",
    };
    expect(unsafeEnvironment(production, { environment, nodeOptions: ["--enable-source-maps"] })).toBeUndefined();
  });

  test.each([
    [{ environment: { NODE_TLS_REJECT_UNAUTHORIZED: "0" }, nodeOptions: [] }],
    [{ environment: { NODE_USE_ENV_PROXY: "1" }, nodeOptions: [] }],
    [{ environment: { NODE_OPTIONS: "--inspect" }, nodeOptions: [] }],
    [{ environment: { NODE_OPTIONS: "--max-old-space-size=96 --require=/tmp/x.js" }, nodeOptions: [] }],
    [{ environment: { NODE_OPTIONS: "-r /tmp/x.js" }, nodeOptions: [] }],
    [{ environment: {}, nodeOptions: ["--inspect-brk=0"] }],
    [{ environment: {}, nodeOptions: ["--max-old-space-size-x"] }],
  ])("refused against MobilePay itself, allowed against a stand-in: %j", (surroundings) => {
    expect(unsafeEnvironment(production, surroundings)).toBeTypeOf("string");
    for (const baseUrl of ["http://127.0.0.1:8460", "http://localhost:1", "http://[::1]:1"]) {
      expect(unsafeEnvironment(baseUrl, surroundings)).toBeUndefined();
    }
  });

  test("proxies that are set but not used are named", () => {
    expect(ignoredProxies({ HTTPS_PROXY: "http://proxy:3128", NO_PROXY: "*", http_proxy: "" })).toEqual([
      "HTTPS_PROXY",
    ]);
  });
});
