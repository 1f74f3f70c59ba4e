import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { World } from "../world.ts";

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

type Shell = ChildProcessByStdio<Writable, Readable, null>;

export function createMessenger({ socket, world, folders = "/usr/bin:/bin" }: MessengerOptions): Messenger {
  const answers: ((code: string | undefined) => void)[] = [];
  let shell: Shell | undefined;

  function start(): Shell {
    const env = { NOTIFY_SOCKET: socket, PATH: folders };
    const started = spawn("/bin/sh", ["-c", program], { env, stdio: ["pipe", "pipe", "ignore"] });
    createInterface({ input: started.stdout }).on("line", (code) => answers.shift()?.(code));
    const lost = () => {
      if (shell === started) shell = undefined;
      for (const answer of answers.splice(0)) answer(undefined);
    };
    started.on("error", lost);
    started.on("exit", lost);
    started.stdin.on("error", () => undefined);
    return started;
  }

  async function ask(line: string): Promise<void> {
    if (answers.length >= waitingMax) throw new Error("systemd does not answer");
    shell ??= start();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    answers.push(resolve);
    shell.stdin.write(`${line}\n`);
    const answered = new AbortController();
    const late = world.sleep(answerMsMax, answered.signal).then(() => undefined);
    const code = await Promise.race([promise, late]);
    answered.abort();
    // What it says from now on would be taken for the answer to something else.
    if (code === undefined) shell?.kill("SIGKILL");
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
