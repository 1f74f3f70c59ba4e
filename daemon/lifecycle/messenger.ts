import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { World } from "../world.ts";
import { withDeadline } from "../deadline.ts";

/** Speaks to systemd for us. */
export interface Messenger {
  /** sd_notify(3): variables such as `READY=1`. Rejects when systemd could not be told. */
  notify(...variables: readonly string[]): Promise<void>;
  /** Asks the computer not to switch off or sleep from now on, for at most this long. */
  hold(secondsMax: number): Promise<void>;
  /** Rejects when it was not held at all: no permission, no logind. */
  release(): Promise<void>;
}

/**
 * A shell that is started once and does what each line says. Node has no unix datagram sockets, so systemd's own programs speak for us;
 * started by Node itself they would stop its loop each time until they run: on a busy till more than a tenth of a second.
 *
 * A shell that is given up leaves its inhibitor: the payment it was asked for is still open, it ends by itself when its time is over, and
 * with the service systemd kills it at once.
 *
 * Two inhibitors, one in the other: whoever asks for both in one is judged by logind (systemd 252) as if he asked for something else.
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

export interface MessengerOptions {
  /** NOTIFY_SOCKET, as systemd hands it over. */
  readonly socket: string;
  readonly world: Pick<World, "sleep">;
  /** Where systemd's programs are: only Debian's folders are searched. */
  readonly folders?: string;
}

const answerMsMax = 10_000;
/** No more waits: systemd does not answer. */
const waitingMax = 8;

/** One shell, and who waits for its answers, which come in order. No other shell's answer can be taken for one of them. */
interface Talk {
  readonly shell: ChildProcessByStdio<Writable, Readable, null>;
  readonly waiting: ((code: string | undefined) => void)[];
}

export function createMessenger({ socket, world, folders = "/usr/bin:/bin" }: MessengerOptions): Messenger {
  let present: Talk | undefined;

  function start(): Talk {
    const env = { NOTIFY_SOCKET: socket, PATH: folders };
    const shell = spawn("/bin/sh", ["-c", program], { env, stdio: ["pipe", "pipe", "ignore"] });
    const talk: Talk = { shell, waiting: [] };
    createInterface({ input: shell.stdout }).on("line", (code) => talk.waiting.shift()?.(code));
    shell.on("error", () => end(talk));
    shell.on("exit", () => end(talk));
    shell.stdin.on("error", () => undefined);
    return talk;
  }

  /** What it says from now on would be taken for the answer to something else: the next word goes to another shell. */
  function end(talk: Talk): void {
    if (present === talk) present = undefined;
    talk.shell.kill("SIGKILL");
    for (const answer of talk.waiting.splice(0)) answer(undefined);
  }

  async function ask(line: string): Promise<void> {
    const talk = (present ??= start());
    if (talk.waiting.length >= waitingMax) throw new Error("systemd does not answer");
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    talk.waiting.push(resolve);
    talk.shell.stdin.write(`${line}\n`);
    const code = await withDeadline(world, answerMsMax, promise, () => undefined);
    if (code === undefined) end(talk);
    if (code !== "0") throw new Error("systemd did not take it");
  }

  return {
    notify: (...variables) => ask(`notify ${variables.map(oneLine).join("\t")}`),
    hold: (secondsMax) => ask(`hold ${secondsMax}`),
    release: () => ask("release"),
  };
}

function oneLine(text: string): string {
  return text.replace(/[\n\t]/g, " ");
}
