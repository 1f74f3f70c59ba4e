import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./free-port.ts";
import { selfSigned } from "./self-signed.ts";

export interface BrokerUser {
  readonly name: string;
  readonly password: string;
  /** Lines of the access list, such as `topic read a/+/b`. */
  readonly may: readonly string[];
}

/** A real Mosquitto with TLS, passwords and an access list, which can be killed and comes back on the same port. */
export class Mosquitto {
  readonly url: string;
  /** The file with the certificate to trust. */
  readonly ca: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.url = `mqtts://127.0.0.1:${port}`;
    this.ca = join(folder, "broker.pem");
  }

  static async start(users: readonly BrokerUser[]): Promise<Mosquitto> {
    const folder = await mkdtemp(join(tmpdir(), "tillbridge-broker-"));
    const port = await freePort();
    await writeFiles(folder, port, users);
    const broker = new Mosquitto(folder, port);
    await broker.powerOn();
    return broker;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async powerOn(): Promise<void> {
    const child = spawn("/usr/sbin/mosquitto", ["-c", join(this.#folder, "mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process = child;
    const said: string[] = [];
    const lines = createInterface({ input: child.stderr });
    const running = new Promise<void>((resolve, reject) => {
      lines.on("line", (line) => {
        said.push(line);
        if (line.endsWith(" running")) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`mosquitto ended: ${said.join(" | ")}`)));
    });
    await running;
  }

  /** SIGKILL: nobody is told. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, port: number, users: readonly BrokerUser[]): Promise<void> {
  const { cert, key } = selfSigned();
  const files = {
    "broker.pem": cert,
    "broker.key": key,
    passwords: users.map(({ name, password }) => `${name}:${password}\n`).join(""),
    "access-list": users.map(({ name, may }) => [`user ${name}`, ...may, ""].join("\n")).join("\n"),
    "mosquitto.conf": settingsOfTests(folder, port).join("\n"),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 });
  const hashed = spawnSync("/usr/bin/mosquitto_passwd", ["-U", join(folder, "passwords")]);
  if (hashed.status !== 0) throw new Error("mosquitto_passwd failed");
}

/** As docs/check-ins.md tells to set a broker up. */
export function settingsOfTests(folder: string, port: number): string[] {
  return [
    ...(userInfo().uid === 0 ? ["user root"] : []),
    "per_listener_settings false",
    `listener ${port} 127.0.0.1`,
    `certfile ${join(folder, "broker.pem")}`,
    `keyfile ${join(folder, "broker.key")}`,
    "tls_version tlsv1.2",
    "allow_anonymous false",
    `password_file ${join(folder, "passwords")}`,
    `acl_file ${join(folder, "access-list")}`,
    "persistence false",
    // Without it, the broker holds small messages back for up to 40 ms.
    "set_tcp_nodelay true",
    "max_connections -1",
    "",
  ];
}

/** What each may do at the broker, as docs/check-ins.md tells; a till by its name. */
export function brokerUsers(
  msn: string,
  tills: Readonly<Record<string, { readonly tag: string; readonly prefix: string }>>,
): BrokerUser[] {
  const user = (name: string, ...may: string[]) => ({ name, password: `${name}-password`, may });
  return [
    user(
      "relay",
      "topic write tillbridge/+/check-ins/+",
      "topic write tillbridge/+/payments/+",
      "topic read tillbridge/answers/+",
    ),
    ...Object.entries(tills).map(([name, { tag, prefix }]) =>
      user(
        name,
        `topic read tillbridge/${msn}/check-ins/${tag}`,
        `topic read tillbridge/${msn}/payments/${prefix}`,
        `topic write tillbridge/${msn}/tills/${name}`,
        "topic write tillbridge/answers/+",
      ),
    ),
    user("office", "topic read tillbridge/+/tills/+"),
  ];
}
