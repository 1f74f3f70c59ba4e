import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { World } from "../world.ts";
import { withDeadline } from "../deadline.ts";

/** Speaks to systemd for us. */
export interface SystemdNotifier {
  /** sd_notify(3): variables such as `READY=1`. Rejects when systemd could not be notified. */
  notify(...variables: readonly string[]): Promise<void>;
  /** Asks the computer not to switch off or sleep from now on, for at most this long. */
  inhibitShutdown(secondsMax: number): Promise<void>;
  /** Rejects when it was not held at all: no permission, no logind. */
  releaseInhibitor(): Promise<void>;
}

/**
 * A shell that is started once and does what each line says. Node has no unix datagram sockets, so systemd's own programs speak for us;
 * started by Node itself they would stop its loop each time until they run: on a busy till more than a tenth of a second.
 *
 * A shell that is given up leaves its inhibitor: the payment it was asked for is still open, it ends by itself when its time is over, and
 * with the service systemd kills it at once.
 *
 * Two inhibitors, one in the other: logind (systemd 252) takes a request for both in one for a request for something else.
 */
const program = `
while IFS= read -r line; do
  words="\${line#* }"
  case "$line" in
    notify*)
      IFS="$(printf '\\t')"; set -f
      systemd-notify $words </dev/null >&2
      echo $?
      unset IFS
      ;;
    hold*)
      why="A MobilePay payment is open"
      systemd-inhibit --what=shutdown --who=Tillbridge --why="$why" --mode=block \\
        systemd-inhibit --what=sleep --who=Tillbridge --why="$why" --mode=block \\
        sleep "$words" </dev/null >&2 &
      held=$!
      echo 0
      ;;
    release)
      kill "$held"
      wait "$held"
      case $? in 0 | 143) echo 0 ;; *) echo 1 ;; esac
      ;;
  esac
done 2>/dev/null
if [ -n "$held" ]; then kill "$held"; fi
`;

export interface SystemdNotifierOptions {
  /** NOTIFY_SOCKET, as systemd hands it over. */
  readonly socket: string;
  readonly world: Pick<World, "sleep">;
  /** Where systemd's programs are: only Debian's folders are searched. */
  readonly folders?: string;
}

/** systemd's watchdog allows 10 s of silence. */
const answerMsMax = 10_000;
/** No more waits: systemd does not answer. */
const waitingMax = 8;

/** One shell, and who waits for its answers, which come in order. No other shell's answer can be taken for one of them. */
interface NotifierShell {
  readonly shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly waiting: ((code: string | undefined) => void)[];
}

export function createSystemdNotifier({
  socket,
  world,
  folders = "/usr/bin:/bin",
}: SystemdNotifierOptions): SystemdNotifier {
  let present: NotifierShell | undefined;

  function start(): NotifierShell {
    const env = { NOTIFY_SOCKET: socket, PATH: folders };
    const shell = spawn("/bin/sh", ["-c", program], { env, stdio: ["pipe", "pipe", "ignore"] });
    const current: NotifierShell = { shell, waiting: [] };
    createInterface({ input: shell.stdout }).on("line", (code) => current.waiting.shift()?.(code));
    shell.on("error", () => end(current));
    shell.on("exit", () => end(current));
    shell.stdin.on("error", () => undefined);
    return current;
  }

  /** What it says from now on would be taken for the answer to something else: the next word goes to another shell. */
  function end(current: NotifierShell): void {
    if (present === current) present = undefined;
    current.shell.kill("SIGKILL");
    for (const answer of current.waiting.splice(0)) answer(undefined);
  }

  async function ask(line: string): Promise<void> {
    const current = (present ??= start());
    if (current.waiting.length >= waitingMax) throw new Error("systemd does not answer");
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    current.waiting.push(resolve);
    current.shell.stdin.write(`${line}\n`);
    const code = await withDeadline(world, answerMsMax, promise, () => undefined);
    if (code === undefined) end(current);
    if (code !== "0") throw new Error("systemd did not take it");
  }

  return {
    notify: (...variables) => ask(`notify ${variables.map(oneLine).join("\t")}`),
    inhibitShutdown: (secondsMax) => ask(`hold ${secondsMax}`),
    releaseInhibitor: () => ask("release"),
  };
}

function oneLine(text: string): string {
  return text.replace(/[\n\t]/g, " ");
}
