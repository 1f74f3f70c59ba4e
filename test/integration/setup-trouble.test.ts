import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SetupRig } from "../support/setup-rig.ts";

describe("a till that is set up, but not all is well", () => {
  test("payment requests to phones are not allowed: said, exit code 7, and the token is there", async () => {
    const rig = await SetupRig.make({ features: { pushMessage: false } });
    const { code, stdout, stderr } = await rig.setup(["--from", await rig.provision()]);
    expect([code, stdout.at(-1)]).toEqual([7, expect.stringMatching(/^[\w-]{43}$/)]);
    expect(stderr).toContain("PUSH_MESSAGE");
  });

  test("the service does not start: why, exit code 8, and the token is there", async () => {
    const rig = await SetupRig.make();
    rig.refuses = "Job for tillbridge.service failed because the control process exited with error code.";
    const { code, stdout, stderr } = await rig.setup(["--from", await rig.provision()]);
    expect([code, stdout.at(-1)]).toEqual([8, expect.stringMatching(/^[\w-]{43}$/)]);
    expect(stderr).toContain("The till is set up, but: ");
    expect(stderr).toContain("Job for tillbridge.service failed");
  });

  test("there is no systemd to start it", async () => {
    const rig = await SetupRig.make();
    rig.unit = undefined;
    expect(await rig.setup(["--from", await rig.provision()])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining("run systemctl enable --now tillbridge.service"),
    });
  });

  test("without a network, when that is wished", async () => {
    const rig = await SetupRig.make();
    const words = ["--from", await rig.provision(), "--base-url", "http://127.0.0.1:9", "--no-check", "--no-service"];
    expect(await rig.setup(words)).toMatchObject({ code: 0, stderr: "" });
    expect(rig.told).toEqual([]);
  });

  test("a data folder that cannot be made is said in words, with the exit code of a till that does not run", async () => {
    const rig = await SetupRig.make();
    const dataDir = join(await rig.write("a-file", ""), "data");
    expect(await rig.setup(["--from", await rig.provision(), "--data-dir", dataDir])).toMatchObject({
      code: 8,
      stderr: expect.stringContaining(`the data folder ${dataDir} cannot be made (ENOTDIR)`),
    });
  });

  test("a page that can get no access once the settings are written is said, with the exit code of a till that is set up", async () => {
    const rig = await SetupRig.make();
    rig.onStart = async () => void (await rig.write("data/access.json", "{", 0o600));
    expect(await rig.setup(["--from", await rig.provision()])).toMatchObject({
      code: 8,
      stderr: expect.stringMatching(/The settings are written, but nobody got access: .*access\.json is damaged/),
    });
  });
});
