// A process that has a journal open and does what its standard input says, a JSON object a line. It answers in the same way.
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { type Journal, openJournal } from "../../daemon/journal/journal.ts";
import { BridgeError } from "../../daemon/protocol/errors.ts";
import { rowOf, started } from "./orders.ts";

export interface Command {
  readonly append?: readonly string[];
  readonly events?: string;
  readonly health?: true;
  readonly close?: true;
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function append(journal: Journal, id: string): Promise<void> {
  try {
    await journal.payments.append(id, [started(id)], rowOf(id));
    say({ acked: id });
  } catch (error) {
    say({ failed: id, error: error instanceof BridgeError ? error.data : String(error) });
  }
}

async function events(journal: Journal, id: string): Promise<void> {
  const found = await journal.payments.events(id).catch((error: unknown) => ({ unreadable: String(error) }));
  say({ events: found ?? null });
}

async function obey(journal: Journal, command: Command): Promise<void> {
  if (command.append) await Promise.all(command.append.map((id) => append(journal, id)));
  if (command.events !== undefined) await events(journal, command.events);
  if (command.health) say({ health: journal.health() });
  if (command.close) {
    await journal.close();
    process.exit(0);
  }
}

/** What waits does not keep the process: it ends with its standard input. */
const world = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    setTimeout(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined),
};

try {
  const journal = await openJournal({ dataDir: process.argv[2] ?? "", world, version: "1.0.0" });
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as Command;
    void obey(journal, command).then(() => say({ obeyed: Object.keys(command) }));
  }
} catch (error) {
  say({ refused: error instanceof Error ? error.name : "" });
  process.exitCode = 3;
}
