import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";

/** A real polkit on a system bus of its own, which nobody but the test knows. Only root can start one. */
export interface Polkit {
  /** The bus, as `DBUS_SYSTEM_BUS_ADDRESS` names it. */
  readonly bus: string;
  remove(): Promise<void>;
}

export async function openPolkit(): Promise<Polkit> {
  const folder = await mkdtemp(join(tmpdir(), "tillbridge-polkit-"));
  // polkitd becomes a user of its own, who need not be able to come to this folder: so the bus has no path.
  const bus = `unix:abstract=${basename(folder)}`;
  await writeFile(join(folder, "bus.conf"), busSettings(bus, folder));
  await writeFile(join(folder, "polkit.service"), polkitService);
  const words = ["--config-file", join(folder, "bus.conf"), "--nofork", "--nopidfile", "--print-address"];
  const daemon = spawn("dbus-daemon", words, {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: bus },
  });
  await once(createInterface({ input: daemon.stdout }), "line");
  return {
    bus,
    async remove() {
      const ended = once(daemon, "exit");
      // polkitd ends with its bus.
      daemon.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The bus starts polkit when it is asked for the first time; a bus of the system's kind would need an installed helper for that. */
function busSettings(bus: string, services: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${bus}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${services}</servicedir>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
`;
}

const polkitService = `[D-BUS Service]
Name=org.freedesktop.PolicyKit1
Exec=/usr/lib/polkit-1/polkitd --no-debug
`;
