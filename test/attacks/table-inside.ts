import type { Attack } from "./attack.ts";

const calls = "test/contract/mobilepay-calls.test.ts";
const framing = "test/unit/framing.test.ts";
const hid = "test/unit/hid-scanner.test.ts";
const hostile = "test/contract/mobilepay-hostile.test.ts";
const journal = "test/integration/journal-verify.test.ts";
const payments = "test/unit/payments.test.ts";
const program = "test/integration/program.test.ts";
const sale = "test/integration/sale.test.ts";
const serial = "test/integration/serial-scanner.test.ts";
const own = "test/attacks/money.test.ts";
const secrets = "test/attacks/secrets.test.ts";

export const deviceAttacks: readonly Attack[] = [
  {
    number: "A45",
    what: "A scanner that types a megabyte, thousands of labels a second, control characters, markup or SQL in a barcode",
    expected: "failed reads or plain data; the next label is read",
    proofs: [
      [serial, "noise and a megabyte without an end are failed reads, and the next label is read"],
      [serial, "a flood of labels is delivered whole and in order to a slow taker"],
      [framing, "control characters in a label are noise, zeros before it are a break on the line"],
      [hid, "that reads faster than anybody takes is lost, and all that came before is delivered"],
    ],
  },
  {
    number: "A46",
    what: "A USB device that claims to be the scanner",
    expected: "what it reads is data: it can configure nothing",
    proofs: [["test/attacks/session.test.ts", "A49"]],
    why: "Whoever can plug in a device can also scan a code: reads are never trusted, whichever device they come from.",
  },
  {
    number: "A47",
    what: "NFC cards with oversized or circular contents",
    expected: "refused, and the next card is read; a reader's process that hangs is ended",
    proofs: [
      ["test/unit/nfc-tags.test.ts", "whose message is longer than its memory is refused, not read for ever"],
      ["test/unit/nfc-tags.test.ts", "with nothing but empty blocks ends"],
      ["test/unit/nfc-tags.test.ts", "with a UID of %i bytes is known by it"],
      ["test/unit/ndef.test.ts", "of any bytes is read or refused, and never anything else"],
      ["test/integration/nfc-reader.test.ts", "that takes a call and never answers costs one process, which is ended"],
    ],
  },
  {
    number: "A48",
    what: "Noise, a wrong baud rate and breaks on the serial line",
    expected: "failed reads; good labels after them are read",
    proofs: [
      [framing, "any bytes cut into any pieces give the same reads, and good labels after them are read"],
      [framing, "control characters in a label are noise, zeros before it are a break on the line"],
    ],
  },
  {
    number: "A49",
    what: "A path to any file as a device, over the protocol",
    expected: "no method takes a path or an address; devices are set in the file alone",
    proofs: [["test/attacks/session.test.ts", "A49"]],
  },
  {
    number: "A50",
    what: "A keyboard is opened as a scanner, and what is typed is heard",
    expected: "only devices that say they are barcode scanners are opened",
    proofs: [
      [hid, "is never %s"],
      [hid, "is the scanner beside a keyboard, and what is typed on that is not heard"],
    ],
  },
];

export const moneyAttacks: readonly Attack[] = [
  {
    number: "A51",
    what: "payment.start replayed",
    expected: "the same payment",
    proofs: [
      [sale, "a page that reloads takes its sale up again and misses no event"],
      [own, "A51"],
    ],
  },
  {
    number: "A52",
    what: "Another amount after the start",
    expected: "PAYMENT_CONFLICT",
    proofs: [[payments, "the same id with another body is a conflict"]],
  },
  {
    number: "A53",
    what: "Two pages start a payment for the same sale",
    expected: "one payment; the other is refused",
    proofs: [
      [payments, "one payment at a time: a second is refused while the first is under way"],
      [payments, "a sale that is already paid is not charged again under a new id"],
      [own, "A53"],
    ],
  },
  {
    number: "A54",
    what: "One client cancels another's payment",
    expected: "ACCESS_DENIED for a client that may not sell",
    proofs: [["test/attacks/rights.test.ts", "A54"]],
    why: "A till is one counter: those of its clients that may sell share its payments.",
  },
  {
    number: "A55",
    what: "A page claims that a payment is paid",
    expected: "NOT_COMPLETABLE; only MobilePay's answer counts",
    proofs: [
      [own, "A55"],
      [calls, "a 200 to a capture that captured nothing is not believed"],
    ],
  },
  {
    number: "A56",
    what: "A refund without the right to, of more than was paid, or twice",
    expected: "ACCESS_DENIED; REFUND_EXCEEDS; given once",
    proofs: [
      ["test/attacks/rights.test.ts", "A56"],
      [payments, "refunds asked for at once never give back more than was paid"],
      [sale, "a refund that is asked for twice with the same id is given once"],
    ],
  },
  {
    number: "A57",
    what: "MobilePay answers for another payment, with another amount or currency, goes back in time, sends a page, nothing, a redirect, or has a wrong certificate",
    expected: "not believed, not followed, nothing sent; the till asks again",
    proofs: [
      [hostile, "teaches nothing about a %s"],
      [hostile, "a redirect is not followed"],
      [hostile, "a server whose certificate nobody vouches for is sent nothing, whatever the environment says"],
      ["test/unit/mobilepay-snapshots.test.ts", "is not believed with %s"],
      [payments, "answers that contradict what is known are not believed"],
    ],
  },
  {
    number: "A58",
    what: "A proxy or NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment",
    expected: "not used; the daemon does not take money",
    proofs: [
      [program, "does not take money when %s"],
      [hostile, "a proxy that the environment names is not used"],
    ],
  },
  {
    number: "A59",
    what: "The journal is edited by hand, rows deleted, yesterday's copy put back",
    expected: "found, and named",
    proofs: [
      [journal, "names the one row whose %s was edited"],
      [journal, "names the row that was deleted"],
      [journal, "notices that the file is yesterday's"],
      [journal, "notices that the whole chain was made anew"],
    ],
  },
  {
    number: "A60",
    what: "The clock is put back",
    expected: "order follows the sequence number",
    proofs: [
      ["test/integration/journal-durability.test.ts", "only grow across restarts, also those that are not stored"],
      ["test/unit/check-ins.test.ts", "the till's own wall clock plays no part"],
    ],
  },
];

export const hostAttacks: readonly Attack[] = [
  {
    number: "A61",
    what: "NODE_OPTIONS, --inspect, code planted beside the program",
    expected: "refused or ignored",
    proofs: [
      [program, "does not take money when %s"],
      [program, "does not open Node's inspector when it is asked to by signal"],
      [program, "compiled code is kept only where nobody else can write (mode %i)"],
    ],
  },
  {
    number: "A62",
    what: "A program folder that others may write to",
    expected: "found by the installer",
    proofs: [
      ["test/unit/service-plan.test.ts", "is refused for a program that others may change (at /%s)"],
      [
        "test/unit/service-plan.test.ts",
        "closes the folder of the settings to everybody else before anything is started, by numbers that no language changes",
      ],
    ],
    why: "The package's files are root's, and the unit leaves the service no way to write to them (ProtectSystem=strict).",
  },
  {
    number: "A63",
    what: "An update with a bad signature, an older one, one during a payment",
    expected: "refused or put off",
    proofs: [
      [
        "test/integration/maintainer-scripts.test.ts",
        "is refused in one line while a payment is open, and nothing is touched",
      ],
    ],
    why: "The daemon does not update itself: whose packages the system takes, signed by whom, is the system's own setting.",
  },
  {
    number: "A64",
    what: "Looking for keys, tokens and phone numbers in logs and in files for support",
    expected: "none",
    proofs: [
      [
        "test/integration/support-bundle.test.ts",
        "holds no secret, no token and no phone number, wherever they stood, and what helps",
      ],
      ["test/unit/redact.test.ts", "nothing that gives access is written"],
      ["test/unit/redact.test.ts", "no phone number is written"],
      ["test/unit/log.test.ts", "no secret reaches the disk, neither by message nor by field"],
      [calls, "a failure is logged with what helps to find it, and with no secret and nobody's number"],
      [
        "test/integration/support-bundle.test.ts",
        "holds no secret, no token and no phone number, wherever they stood, and what helps",
      ],
    ],
  },
  {
    number: "A65",
    what: "Secrets in a crash file",
    expected: "none",
    proofs: [
      [
        secrets,
        "A65: nobody finds a key in the list of processes, and a till that is made to fall over leaves no file",
      ],
      [secrets, "A65: what %s starts may not write its memory to disk"],
      [secrets, "A65: systemd writes no memory of the service to disk either"],
    ],
  },
  {
    number: "A66",
    what: "Power is cut during an update",
    expected: "the old version starts",
    proofs: [
      [
        "test/integration/maintainer-scripts.test.ts",
        "keeps the version before, which stands in until the new one is laid out",
      ],
      [
        "test/integration/maintainer-scripts.test.ts",
        "to a version that does not become ready goes back, says why, and stays undone",
      ],
      ["test/integration/maintainer-scripts.test.ts", "that dpkg breaks off leaves the version before running"],
    ],
  },
  {
    number: "A67",
    what: "A link in the data directory",
    expected: "refused",
    proofs: [["test/unit/access-file.test.ts", "that is a link to elsewhere is refused"]],
    why: "The access list is refused. The data directory belongs to the service's account alone, so nobody else can put a link there.",
  },
  {
    number: "A68",
    what: "A second user of the machine",
    expected: "sees no data, and needs a token like everybody",
    proofs: [
      ["test/integration/journal-durability.test.ts", "shows other users of the machine nothing"],
      ["test/attacks/session.test.ts", "A21"],
      [
        "test/integration/console-command.test.ts",
        "says what is wrong in one line when the access list cannot be trusted",
      ],
      [
        "test/browser/console.test.ts",
        "keeps other pages of this computer out: no frame, no script, no answer, no socket",
      ],
    ],
  },
];
