import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { secretsReadableByOthers } from "../../daemon/cli/system/readable-secrets.ts";
import { checkout } from "../support/imports.ts";
import { Program, runProgram } from "../support/program.ts";

const keys = { clientId: "canary-id", clientSecret: "canary-secret", subscriptionKey: "canary-key" };
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tillbridge-secrets-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function configFile(baseUrl: string, secrets: object = keys): Promise<string> {
  const file = join(folder, "tillbridge.json");
  const mobilepay = { baseUrl, merchantSerialNumber: "123456", ...secrets };
  const till = { id: "kassa-1", name: "Kassa 1" };
  await writeFile(file, JSON.stringify({ till, dataDir: "data", listen: { port: 0 }, mobilepay }), { mode: 0o600 });
  return file;
}

test.each([0o644, 0o622])(
  "keys in a file of settings that other users can read or change (mode %i) stop the start",
  async (mode) => {
    const file = await configFile("https://mobilepay.invalid");
    await chmod(file, mode);
    const { code, stdout, stderr } = await runProgram(["run", "--config", file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("holds keys, and other users can read or change it");
    expect(stderr).not.toContain("canary");
  },
);

test("settings that only name the files of keys may be read by others", async () => {
  const file = await configFile("https://mobilepay.invalid", { clientId: { file: "client-id" } });
  await chmod(file, 0o644);
  expect(secretsReadableByOthers(file, Object.values(keys))).toBeUndefined();
  expect(secretsReadableByOthers(await configFile("https://mobilepay.invalid"), Object.values(keys))).toContain(
    "chmod 600",
  );
});

test("A65: nobody finds a key in the list of processes, and a till that is made to fall over leaves no file", async () => {
  const program = new Program(["run", "--config", await configFile("http://127.0.0.1:9")], {
    nodeOptions: ["--max-old-space-size=200"],
  });
  await program.port();
  const of = (name: string) => readFile(`/proc/${program.process.pid}/${name}`, "utf8");
  for (const name of ["cmdline", "environ", "comm"]) expect(await of(name)).not.toContain("canary");
  // Node writes its reports for these when it is asked to at its start, and is never asked.
  for (const signal of ["SIGUSR2", "SIGQUIT"] as const) await program.stop(signal);
  const left = [...(await readdir(folder)), ...(await readdir(process.cwd()))];
  expect(left.filter((name) => /^(core|report|Heap)[.-]/.test(name))).toEqual([]);
});

test.each(["service/systemd/tillbridge.sh", "scripts/tillbridge"])(
  "A65: what %s starts may not write its memory to disk",
  async (script) => {
    const source = await readFile(join(checkout, script), "utf8");
    await mkdir(join(folder, "dist"));
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(
      join(folder, "dist/main.mjs"),
      'import { readFileSync } from "node:fs"; console.log(readFileSync("/proc/self/limits", "utf8"));',
    );
    await symlink(process.execPath, join(folder, "node"));
    // In place of the installed program and of what sets a checkout up: this folder.
    const lines = source.split("\n").filter((line) => !/^(source|ready_to_run) /.test(line));
    const here = lines.join("\n").replace("program=/usr/lib/tillbridge\n", `program=${folder}\n`);
    const wrapper = join(folder, "wrapper");
    await writeFile(wrapper, here, { mode: 0o700 });
    const child = spawn(wrapper, [], { env: { PATH: `${folder}:${process.env["PATH"] ?? ""}`, root: folder } });
    expect(await text(child.stdout)).toMatch(/Max core file size +0 +0 /);
  },
);

test("A65: systemd writes no memory of the service to disk either", async () => {
  expect(await readFile(join(checkout, "service/systemd/tillbridge.service"), "utf8")).toMatch(/^LimitCORE=0$/m);
});
