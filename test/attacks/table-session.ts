import type { Attack } from "./attack.ts";

const access = "test/integration/rpc-access.test.ts";
const console = "test/integration/open-console.test.ts";
const accessFile = "test/unit/access-file.test.ts";
const door = "test/integration/rpc-door.test.ts";
const frames = "test/integration/rpc-frames.test.ts";
const hello = "test/integration/rpc-hello.test.ts";
const limits = "test/integration/rpc-limits.test.ts";
const payments = "test/unit/payments.test.ts";
const record = "test/unit/access-record.test.ts";
const own = "test/attacks/session.test.ts";

export const authenticationAttacks: readonly Attack[] = [
  {
    number: "A21",
    what: "Every method and every page without a token",
    expected:
      "UNAUTHENTICATED and 4401; pages show nothing secret. Driven by the method table: a new method is in it by itself",
    proofs: [[own, "A21"]],
  },
  {
    number: "A22",
    what: "Guessing an access code",
    expected: "five tries, then five minutes shut, over a restart too",
    proofs: [
      [access, "the fifth denies everybody who asks, and the right code no longer helps"],
      [access, "are still counted after a restart"],
      [access, "too many keep the door shut for five minutes, over a restart too"],
      [console, "has five tries for a code; then the right one is void"],
    ],
  },
  {
    number: "A23",
    what: "A code used twice, or after its time",
    expected: "of no use",
    proofs: [
      [access, "cannot use its code twice"],
      [access, "is denied after five minutes, and the code is of no use any more"],
      ["test/unit/console-access.test.ts", "is good once"],
    ],
  },
  {
    number: "A24",
    what: "The token of one origin used from another",
    expected: "4401",
    proofs: [
      ["test/integration/relay.test.ts", "can neither make up a customer for another till nor say that it is down"],
      [access, "gets a token for its own origin only"],
      [hello, "with a token that is bound to an origin, from %s"],
      [console, "cannot use a POS's token, even one that is good from any origin"],
      [console, "cannot use the console's token"],
    ],
  },
  {
    number: "A25",
    what: "A recorded call sent again",
    expected: "the same payment, the same refund: nothing happens twice",
    proofs: [
      ["test/integration/webhook.test.ts", "takes a check-in once, told twice or with two signatures"],
      ["test/integration/sale.test.ts", "a refund that is asked for twice with the same id is given once"],
      [payments, "a doubled capture takes the money once"],
    ],
    why: "There is no challenge to replay: the token goes over loopback only.",
  },
  {
    number: "A26",
    what: "The token in the address",
    expected: "404, and it never stands in the log",
    proofs: [
      [door, "is answered with 404 at %s"],
      [own, "A26"],
    ],
  },
  {
    number: "A27",
    what: "Measuring how long the comparison of a token takes",
    expected: "hashes are compared, in constant time: a near miss is no nearer than a far one",
    proofs: [[own, "A27"]],
  },
  {
    number: "A28",
    what: "Going on after access was taken away",
    expected: "the open socket closes with 4401",
    proofs: [[hello, "that is revoked closes its open sockets and no others"]],
  },
  {
    number: "A29",
    what: "The access list, or a file with keys, can be read by another user of the machine",
    expected: "the daemon does not start",
    proofs: [
      [
        "test/attacks/secrets.test.ts",
        "keys in a file of settings that other users can read or change (mode %i) stop the start",
      ],
      ["test/unit/config.test.ts", "is refused when others may use it (mode %i)"],
      [accessFile, "is made readable by its owner alone, with nothing left beside it"],
      [accessFile, "that is a link to elsewhere is refused"],
      [own, "A29"],
    ],
  },
  {
    number: "A30",
    what: "The clock is put off by a day or a year",
    expected: "tokens stay good; codes and locks do not last longer",
    proofs: [
      [hello, "is good when the clock is put off by %s days"],
      [record, "a lock"],
    ],
  },
];

export const protocolAttacks: readonly Attack[] = [
  {
    number: "A31",
    what: "Frames and parameters of every wrong kind: no JSON, bytes, half characters, nesting, doubled keys, __proto__, NaN, broken and huge numbers, wrong currency, missing and unknown fields",
    expected: "an error that names the field, or a close; the session goes on",
    proofs: [
      ["test/integration/webhook.test.ts", "answers each of the others with what is wrong, and takes none of them"],
      [frames, "is answered with an error without an id, and the session goes on"],
      [frames, "that is %s is refused by name, with what is allowed"],
      [frames, "nested thousands deep is refused"],
      ["test/unit/parse-call.test.ts", "of a key that stands twice takes the last, as every JSON parser does"],
      ["test/unit/parse-call.test.ts", "never throws and always decides, whatever the text is"],
    ],
  },
  {
    number: "A32",
    what: "Unknown method, unknown version",
    expected: "METHOD_NOT_FOUND, PROTOCOL_MISMATCH",
    proofs: [
      [frames, "for the method %j says that there is none"],
      [hello, "that offers the versions %j"],
    ],
  },
  {
    number: "A33",
    what: "Thousands of calls in flight",
    expected: "RATE_LIMITED, then 4429; the others go on",
    proofs: [
      [limits, "with too many calls in flight gets RATE_LIMITED, and the calls under way are answered"],
      [limits, "that sends too many messages is closed with 4429, and the others go on"],
    ],
  },
  {
    number: "A34",
    what: "The same message id twice; the same payment id with another body",
    expected: "INVALID_REQUEST; PAYMENT_CONFLICT",
    proofs: [
      [limits, "may not use an id again while its call is under way"],
      [payments, "the same id with another body is a conflict"],
    ],
  },
  {
    number: "A35",
    what: "Messages before hello; no hello",
    expected: "4401; 4408 after three seconds",
    proofs: [
      [hello, "a frame that is not JSON closes with 4401"],
      [hello, "that is not said closes with 4408 after three seconds, not before"],
    ],
  },
  {
    number: "A36",
    what: "A hello that claims origins of its own",
    expected: "INVALID_PARAMS and 4401: the origin is what the browser says",
    proofs: [[own, "A36"]],
  },
  {
    number: "A37",
    what: "Provoking an error that tells of the inside",
    expected: "no stack, path or SQL in any answer",
    proofs: [
      [frames, "that nobody foresaw says nothing of the inside, and is logged"],
      ["test/unit/redact.test.ts", "what a page is told names no file"],
    ],
  },
  {
    number: "A38",
    what: "A page listens to scans that are meant for another",
    expected: "while one page has claimed the scanner, no other hears it",
    proofs: [
      ["test/integration/relay.test.ts", "hears nothing of another till's customers, whatever it asks for"],
      ["test/integration/rpc-device-claim.test.ts", "A38: goes to the page that has claimed them, and to no other"],
      ["test/integration/rpc-device-claim.test.ts", "A38: that was for another page is not told afterwards either"],
    ],
  },
];

export const resourceAttacks: readonly Attack[] = [
  {
    number: "A39",
    what: "A frame of 99 MB",
    expected: "1009 by its head, before anything is kept",
    proofs: [
      [limits, "that says it is 99 MB long is refused by its head, before hello too"],
      [limits, "over 64 KiB closes with 1009"],
    ],
  },
  {
    number: "A40",
    what: "Fragments without end; a compression bomb",
    expected: "1008; compression is never agreed on",
    proofs: [
      ["test/integration/webhook.test.ts", "gets no further with a body in pieces that never ends"],
      [limits, "in endless fragments closes before they fill the memory"],
      [door, "never offers compression"],
    ],
  },
  {
    number: "A41",
    what: "Heads that never end, half-open sockets, a thousand connections, a flood of pings",
    expected: "cut; who is inside goes on, who comes is let in again",
    proofs: [
      [limits, "of strangers is kept out, and those inside go on"],
      [limits, "of connections that send nothing does not keep a page out for ever"],
      [limits, "that answers no ping is cut"],
      [limits, "that floods with pings is cut before the answers fill the memory"],
    ],
  },
  {
    number: "A42",
    what: "Ten thousand headers, a header of 64 KB, bytes that are no text in Host and Origin",
    expected: "refused, and the next caller is served",
    proofs: [
      ["test/integration/webhook.test.ts", "gets no further with %s"],
      [door, "with %s is refused, and the next caller is served"],
    ],
  },
  {
    number: "A43",
    what: "A client that never reads",
    expected: "4413; the others hear everything",
    proofs: [[limits, "that does not read is closed with 4413, and the others hear everything"]],
  },
  {
    number: "A44",
    what: "A flood for the log; a full disk",
    expected: "the flood is held back; payments refuse before money is asked for; the journal stays whole",
    proofs: [
      ["test/unit/log.test.ts", "a flood is held back, and told when it is over"],
      [payments, "nothing is asked of MobilePay when the journal cannot be written"],
      [
        "test/integration/journal-failure.test.ts",
        "is written to again once there is room, and nothing of the failed writes turns up",
      ],
    ],
  },
];
