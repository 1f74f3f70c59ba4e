import type { PlantedBug } from "./bugs.ts";

/** Mistakes about what is on disk, and about what stands beside a payment. */
export const diskBugs: readonly PlantedBug[] = [
  {
    name: "an append that nobody waits for",
    does: "believes what may never come to be on disk",
    file: "daemon/payments/work/payment-process.ts",
    search: "const recorded = await this.#store.append(this.paymentId, events, rowOf(after, before));",
    replace: `void this.#store.append(this.paymentId, events, rowOf(after, before)).catch(() => undefined);
    const recorded = events.map((event) => ({ ...event, at: before.updatedAt }));`,
  },
  {
    name: "a failed append believed",
    does: "goes on as if the journal had been written",
    file: "daemon/payments/work/payment-process.ts",
    search: "const recorded = await this.#store.append(this.paymentId, events, rowOf(after, before));",
    replace: `const recorded = await this.#store
      .append(this.paymentId, events, rowOf(after, before))
      .catch(() => events.map((event) => ({ ...event, at: before.updatedAt })));`,
  },
  {
    name: "pages told before the disk",
    does: "tells a page what a power cut then takes back",
    file: "daemon/payments/work/payment-process.ts",
    search: "if (events.length > 0) await this.#appendAndApply(before, events, fromAnswer);",
    replace: `if (events.length > 0) {
      const planned = events.reduce((payment, event) => apply(payment, { ...event, at: before.updatedAt }), before);
      this.#payment = planned;
      this.#onChange(this, before);
      this.#payment = before;
      await this.#appendAndApply(before, events, queriedSinceStart);
    }`,
  },
  {
    name: "the intent to capture written after the call",
    does: "takes money of which a power cut leaves no trace",
    file: "daemon/payments/work/run-payment.ts",
    search: `    case "recordCapture":
      return record(process, captureIntent(process.payment, ports));`,
    replace: `    case "recordCapture": {
      const intent = captureIntent(process.payment, ports);
      if (intent.type === "captureRequested")
        await ports.gateway.capture({ reference: process.payment.order.reference, ...intent });
      return record(process, intent);
    }`,
  },
  {
    name: "a commit believed that could not be read back",
    does: "acknowledges rows that are not in the file",
    file: "daemon/journal/live/committer.ts",
    search: `if (errorCode(error) === "SQLITE_CONSTRAINT" || !(await this.#isInFile(expected))) throw error;`,
    replace: `await this.#isInFile(expected);
      if (errorCode(error) === "SQLITE_CONSTRAINT") throw error;`,
  },
  {
    name: "a commit adopted that is only in memory",
    does: "acknowledges rows that the next power cut takes",
    file: "daemon/journal/live/committer.ts",
    search: `throw new JournalFailure("DIVERGED");
    await checkpoint(connection);`,
    replace: `throw new JournalFailure("DIVERGED");`,
  },
  {
    name: "built on what only memory holds",
    does: "loses acknowledged rows that follow on a sync that failed in an earlier life",
    file: "daemon/journal/live/committer.ts",
    search: "if (this.#tail === undefined) await checkpoint(connection);",
    replace: "",
  },
  {
    name: "a row read that was refused",
    does: "goes on with a payment whose start was refused and may vanish",
    file: "daemon/journal/stores/payment-store.ts",
    search: "reader.all(queries.events, paymentId, writer.lastSeq)",
    replace: "reader.all(queries.events, paymentId, Number.MAX_SAFE_INTEGER)",
  },
  {
    name: "a failed commit acknowledged",
    does: "says that it is on disk when it is not",
    file: "daemon/journal/live/writer.ts",
    search: "for (const waiting of batch) waiting.reject(mayTurnUp ? journalInDoubt(error) : journalFailed(error));",
    replace: "for (const waiting of batch) waiting.resolve([]);",
  },

  {
    name: "the settings trusted after the first write",
    does: "goes on with a database that has stopped syncing its commits",
    file: "daemon/journal/live/committer.ts",
    search: "await this.#write(connection, rows.flat(), []);\n      await checkDurable(connection);",
    replace: "await this.#write(connection, rows.flat(), []);",
  },
  {
    name: "commits that are not synced",
    does: "acknowledges what the next power cut takes: the write-ahead log as many programs have it",
    file: "daemon/journal/sqlite/durability.ts",
    search: `PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
\`;
const synchronousFull = 2;`,
    replace: `PRAGMA synchronous = NORMAL;
\`;
const synchronousFull = 1;`,
    proof: "powerCut",
  },
  {
    name: "names that are not synced",
    does: "writes into a new journal whose name in its folder the next power cut takes",
    file: "daemon/journal/sqlite/durability.ts",
    search: `if (platform() !== "win32") await syncWith(folder, "r");`,
    replace: `if (platform() === "win32") await syncWith(folder, "r");`,
    proof: "powerCut",
  },

  // Check-ins and the night.
  {
    name: "a check-in used twice",
    does: "asks the last customer to pay for the next one's basket",
    file: "daemon/check-in/check-ins.ts",
    search: "    const taken = this.#checkInOf(newest);\n    this.#consume(newest);\n    return taken;",
    replace: "    return this.#checkInOf(newest);",
  },
  {
    name: "a sweep that lets nothing go",
    does: "leaves a reservation that came too late with the customer's bank",
    file: "daemon/payments/reconcile/sweep.ts",
    search: "return [...events, ...voidUnwanted(payment, events)];",
    replace: "return events.filter(({ type }) => type !== 'authorized');",
  },
];
