import { describe, expect, test } from "vitest";
import { lineOf } from "../../daemon/log/line.ts";
import { createLogTail } from "../../daemon/log/tail.ts";
import { createRedactor } from "../../daemon/redact/redact.ts";

const redactor = createRedactor(["s3cret-key"]);

function record(message: string, fields?: Record<string, unknown>): string {
  return lineOf({ at: 0, level: "warn", component: "journal", message, fields }, redactor, false);
}

describe("the log's tail", () => {
  test("tells a record as it stands in the log, its fields as text", () => {
    const tail = createLogTail(redactor);
    tail.keep(record("slow disk", { waitedMs: 12 }));
    expect(tail.records()).toEqual([
      {
        at: "1970-01-01T00:00:00.000Z",
        level: "warn",
        component: "journal",
        message: "slow disk",
        fields: '{"waitedMs":12}',
      },
    ]);
  });

  test("tells no stack, no file name, no secret and no phone number", () => {
    const tail = createLogTail(redactor);
    const error = new Error("cannot open /srv/till/data/journal.sqlite with s3cret-key for +45 12 34 56 78");
    tail.keep(record("failed", { error, at: "/srv/till/data" }));
    const text = JSON.stringify(tail.records());
    expect(text).toContain("cannot open");
    for (const hidden of ["/srv", "journal.sqlite", "s3cret-key", "12 34 56 78", "stack", "log-tail.test"])
      expect(text).not.toContain(hidden);
  });

  test("keeps the newest two hundred, and of a long record only its head", () => {
    const tail = createLogTail(redactor);
    for (let number = 0; number < 250; number += 1) tail.keep(record(`record ${number}`));
    tail.keep(record("long", { list: Array.from({ length: 40 }, () => "x".repeat(100)) }));
    const records = tail.records();
    expect(records).toHaveLength(200);
    expect(records[0]?.message).toBe("record 51");
    expect(records.at(-1)).toEqual({ at: expect.any(String), level: "warn", component: "journal", message: "long" });
  });
});
