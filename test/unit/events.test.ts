import { beforeEach, describe, expect, test } from "vitest";
import { createEventLog, type EventLog } from "../../daemon/server/event-log.ts";
import { recordingLogger } from "../support/log-records.ts";

let log: ReturnType<typeof recordingLogger>;
let events: EventLog;

beforeEach(() => {
  log = recordingLogger();
  events = eventLog(0);
});

function eventLog(lastSeq: number): EventLog {
  let seq = lastSeq;
  return createEventLog({ nextSeq: () => ++seq, lastSeq, world: { now: () => Date.UTC(2026, 0, 5, 9) }, log });
}

function happen(count = 1): void {
  for (let number = 0; number < count; number += 1)
    events.publish({ event: "checkIn.received", params: { waiting: true, others: 0 } });
}

const seqs = (afterSeq: number, limit = 5_000) => events.since(afterSeq, limit).events.map((it) => it.params.seq);

describe("the event log", () => {
  test("stamps an event with the journal's number and the time in UTC with milliseconds", () => {
    happen();
    expect(events.since(0, 1).events).toEqual([
      { event: "checkIn.received", params: { waiting: true, others: 0, seq: 1, at: "2026-01-05T09:00:00.000Z" } },
    ]);
  });

  test("gives what came after a number, oldest first, as many as asked for", () => {
    happen(10);
    expect(seqs(3, 4)).toEqual([4, 5, 6, 7]);
    expect(seqs(10)).toEqual([]);
    expect(seqs(3, 0)).toEqual([]);
  });

  test("holds the last 2000 and tells of a gap exactly when something is no longer held", () => {
    happen(2_005);
    expect(seqs(0)).toHaveLength(2_000);
    expect(events.since(4, 1)).toMatchObject({ gap: true });
    expect(events.since(5, 1)).toMatchObject({ gap: false, events: [{ params: { seq: 6 } }] });
  });

  test("after a start tells of a gap to whoever has not heard the last number before", () => {
    events = eventLog(100);
    expect(events.lastSeq).toBe(100);
    expect([99, 100, 101].map((afterSeq) => events.since(afterSeq, 1).gap)).toEqual([true, false, true]);
  });

  test("tells every subscriber until it ends", () => {
    const heard: number[] = [];
    const end = events.subscribe((event) => heard.push(event.params.seq));
    happen(2);
    end();
    happen();
    expect(heard).toEqual([1, 2]);
  });

  test("tells in the order of the numbers, also when a subscriber causes the next event", () => {
    const heard: number[] = [];
    let isFirst = true;
    events.subscribe(() => {
      if (isFirst) {
        isFirst = false;
        happen();
      }
    });
    events.subscribe((event) => heard.push(event.params.seq));
    happen();
    expect(heard).toEqual([1, 2]);
  });

  test("goes on when a subscriber fails, and logs it", () => {
    const heard: number[] = [];
    events.subscribe(() => {
      throw new Error("broken page");
    });
    events.subscribe((event) => heard.push(event.params.seq));
    happen(2);
    expect(heard).toEqual([1, 2]);
    expect(log.records).toHaveLength(2);
  });
});
