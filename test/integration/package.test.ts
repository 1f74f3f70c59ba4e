import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { arch } from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kitNames } from "../../daemon/cli/kit.ts";
import manifest from "../../package.json" with { type: "json" };
import { addonsFor } from "../../service/packaging/addons.ts";
import { bundle } from "../../service/packaging/bundle.ts";
import { architectures } from "../../service/packaging/contents.ts";
import { debianVersion, pack } from "../../service/packaging/debian.ts";
import { nodeFor } from "../../service/packaging/node.ts";
import { filesBelow, layOut } from "../../service/packaging/tree.ts";
import { checkout } from "../support/imports.ts";

const run = promisify(execFile);
const architecture = architectures.find(({ node }) => node === arch) ?? expect.fail("no package for this processor");
const epoch = 1_795_000_000;
const { version } = manifest;

let work = "";
let dist = "";
/** The package as a listing: mode, owner, size, date, time, path. */
let listing: string[][] = [];
/** The package as it lies on a till's disk, with Node behind a link. */
let disk = "";

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "tillbridge-package-"));
  dist = join(work, "dist");
  await bundle(checkout, dist, true);
  listing = await listed(await make("one.deb"));
  disk = join(work, "disk");
  await run("dpkg-deb", ["-x", join(work, "one.deb"), disk]);
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** The whole package but for Node itself, which is too large for a test. */
async function make(name: string, bundled = dist): Promise<string> {
  const root = join(work, `${name}-root`);
  const program = join(work, `${name}-node`);
  await writeFile(program, "#!/bin/sh\n");
  const node = await nodeFor(checkout, architecture);
  const addonFile = await addonsFor({ checkout, architecture, node });
  await layOut(root, { checkout, architecture, dist: bundled, version, node: { ...node, program }, addonFile });
  const file = join(work, name);
  const metadata = join(checkout, "service/debian");
  await pack(file, { root, metadata, architecture, version, epoch, fast: true });
  return file;
}

async function listed(file: string): Promise<string[][]> {
  const { stdout } = await run("dpkg-deb", ["-c", file]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
}

function paths(its = listing): string[] {
  return its.map(([, , , , , path = ""]) => path.replace(/^\.\//, ""));
}

describe("the Debian package", () => {
  test("belongs to root, and nobody else may write what is in it", () => {
    const odd = listing.filter(([mode = "", owner]) => owner !== "root/root" || !/^[d-]rw[x-]r-[x-]r-[x-]$/.test(mode));
    expect(odd).toEqual([]);
    const programs = listing.filter(([mode = ""]) => mode.startsWith("-rwx")).map(([, , , , , path]) => path);
    expect(programs).toEqual(["./usr/bin/tillbridge", "./usr/lib/tillbridge/node"]);
  });

  test("puts files in these places and no others", () => {
    const files = paths().filter(
      (path) => path !== "" && !path.endsWith("/") && !path.startsWith("usr/lib/tillbridge/"),
    );
    expect(files).toEqual([
      "usr/bin/tillbridge",
      "usr/lib/modprobe.d/tillbridge.conf",
      "usr/lib/systemd/system/tillbridge.service",
      "usr/lib/sysusers.d/tillbridge.conf",
      "usr/lib/udev/rules.d/60-tillbridge.rules",
      "usr/share/doc/tillbridge/copyright",
      "usr/share/polkit-1/rules.d/60-tillbridge.rules",
    ]);
    expect(paths()).toContain("etc/tillbridge/");
  });

  test("holds no sources, maps, build files, tests or other systems' binaries", () => {
    const odd = paths().filter((path) =>
      /\.(ts|map|gyp|gypi|cc|cpp|c|h|md5|o|a)$|\/(test|tests|examples?|deps|prebuilds\/(?!.*linux-))\//.test(path),
    );
    expect(odd).toEqual([]);
    const addons = paths().filter((path) => path.endsWith(".node"));
    expect(addons).toHaveLength(5);
  });

  test("says nothing of the computer that it was made on", async () => {
    for (const file of await filesBelow(disk)) {
      const content = await readFile(file, "latin1");
      expect(content.includes(checkout), file).toBe(false);
      expect(content.includes(work), file).toBe(false);
    }
  });

  test("is made of the same bytes each time", async () => {
    const sum = async (file: string) =>
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
    expect(await sum(await make("two.deb"))).toBe(await sum(join(work, "one.deb")));
    const times = new Set(listing.map(([, , , date, time]) => `${date} ${time}`));
    expect(times.size).toBe(1);
  });

  test("runs, and each addon loads, with nothing else around", async () => {
    const program = join(disk, "usr/lib/tillbridge");
    const { stdout } = await run(process.execPath, [join(program, "dist/main.mjs"), "--version"], { env: {} });
    expect(stdout.trim()).toBe(version);
    for (const name of ["sqlite3", "node-hid", "@serialport/bindings-cpp", "@pokusew/pcsclite"]) {
      const load = `require(${JSON.stringify(name)}); process.stdout.write("loaded")`;
      const loaded = await run(process.execPath, ["-e", load], { cwd: program, env: {} });
      expect(loaded.stdout, name).toBe("loaded");
    }
  });

  test("asks for the packages of all libraries that its addons and its Node are linked with", async () => {
    const packages: Readonly<Record<string, string>> = {
      "libc.so.6": "libc6",
      "libm.so.6": "libc6",
      "libdl.so.2": "libc6",
      "libpthread.so.0": "libc6",
      "ld-linux-x86-64.so.2": "libc6",
      "ld-linux-aarch64.so.1": "libc6",
      "libstdc++.so.6": "libstdc++6",
      "libgcc_s.so.1": "libgcc-s1",
      "libudev.so.1": "libudev1",
      "libusb-1.0.so.0": "libusb-1.0-0",
      "libpcsclite.so.1": "libpcsclite1",
    };
    const { stdout: depends } = await run("dpkg-deb", ["-f", join(work, "one.deb"), "Depends"]);
    const asked = depends.split(",").map((item) => item.trim().split(" ")[0]);
    const addons = (await filesBelow(disk)).filter((file) => file.endsWith(".node"));
    for (const file of [...addons, process.execPath]) {
      const { stdout } = await run("objdump", ["-p", file]);
      for (const [, library = ""] of stdout.matchAll(/NEEDED\s+(\S+)/g))
        expect(asked, `${file} needs ${library}`).toContain(packages[library]);
    }
  });

  test("names its version as Debian sorts it", async () => {
    const { stdout } = await run("dpkg-deb", ["-f", join(work, "one.deb"), "Version", "Architecture"]);
    expect(stdout).toBe(`Version: ${version}\nArchitecture: ${architecture.debian}\n`);
    expect(debianVersion("1.2.0-rc.1")).toBe("1.2.0~rc.1");
    expect(debianVersion("1.2.0-rc-1")).toBe("1.2.0~rc~1");
  });

  test("brings the licence of everything in it", async () => {
    const copyright = await readFile(join(disk, "usr/share/doc/tillbridge/copyright"), "utf8");
    for (const name of ["Node.js", "axios", "ws", "zod", "winston", "sqlite3", "node-hid", "nfc-pcsc", "Inter"])
      expect(copyright).toContain(`\n${name}`);
    const numbers = copyright.slice(copyright.indexOf("\nlibphonenumber-js")).split("=".repeat(80))[0];
    expect(numbers).toContain("Apache License");
  });
});

describe("the developer's kit in the package", () => {
  const kit = /^usr\/lib\/tillbridge\/dist\/(devkit\.mjs|pages\/(till|phone)\/)/;

  async function till(dist: string, ...words: string[]) {
    const program = join(dist, "main.mjs");
    return run(process.execPath, [program, ...words], { env: { HOME: work } }).catch(
      (error: { code: number; stderr: string }) => error,
    );
  }

  test("lies there as files of its own, and answers its commands", async () => {
    expect(paths().filter((path) => kit.test(path)).length).toBeGreaterThan(8);
    const dist = join(disk, "usr/lib/tillbridge/dist");
    for (const name of kitNames)
      expect(await till(dist, name, "--help")).toMatchObject({ stdout: expect.stringContaining(`tillbridge ${name}`) });
    expect(await till(dist, "--help")).toMatchObject({ stdout: expect.stringContaining("\nFor developers:\n") });
  });

  test("left out, takes nothing else with it, and its commands say so in one line", async () => {
    const lean = join(work, "lean");
    await bundle(checkout, lean, false);
    const left = paths(await listed(await make("lean.deb", lean)));
    expect(left.filter((path) => kit.test(path))).toEqual([]);
    const isChunk = (path: string) => path.includes("/dist/chunks/");
    expect(left.filter((path) => !isChunk(path))).toEqual(paths().filter((path) => !kit.test(path) && !isChunk(path)));
    // Each source that goes into a chunk is named there by the bundler.
    for (const file of await filesBelow(lean)) {
      if (file.endsWith(".mjs")) expect(await readFile(file, "utf8"), file).not.toMatch(/^\/\/ daemon\/devkit\//m);
    }
    for (const name of kitNames) {
      const stderr = `tillbridge: ${name} belongs to the developer's kit, which was left out of this package\n`;
      expect(await till(lean, name, "--help")).toMatchObject({ code: 2, stderr });
    }
    expect(await till(lean, "--help")).toMatchObject({ stdout: expect.not.stringContaining("For developers") });
  }, 60_000);
});
