import type { Attack } from "../../test/attacks/attack.ts";
import { attackGroups } from "../../test/attacks/table.ts";

/** Runs of an hour. What the fuzzer finds gets a test of its own, by the name of what it broke. */
const fuzzRuns: readonly (readonly [when: string, what: string])[] = [
  [
    "2026-11-23, an hour beside other work on two cores",
    "nothing found in 16 328 cases: frames 1 463, heads 1 894, webhooks 1 825, USB 2 924, serial 2 829, tags 3 140, MobilePay 2 253. 1 445 blocks of our code reached; 6 cases got no turn on the busy machine. Seed 20261123",
  ],
];

/** docs/security.md: what has been tried against a till, and what came of it. */
export function securityPage(): string {
  return [
    "# Security",
    "",
    "Every page that a cashier opens can reach a socket on localhost, so the address alone protects nothing. What does: loopback only, the exact",
    "Host, the exact Origin, a token for every client with the rights it was given, and limits that hold before anybody has said who he is. The",
    "same guard stands before pages and socket; no GET changes anything; money is believed from MobilePay's answer alone.",
    "",
    "Below is every attack on services of this kind that we know of, with what must come of it. Where a test is named, it is run with all others by",
    "`scripts/test`; most of them are run against a till of your own, from outside, by",
    "",
    "```sh",
    "tillbridge attack --url ws://127.0.0.1:8455/v1",
    "```",
    "",
    "What nobody thought of is looked for by `scripts/fuzz`: frames and parameters, HTTP heads, webhooks, what USB and serial scanners send, NFC tags",
    "and MobilePay's answers, all spoilt from a seed. V8 tells which code each case has run (blocks, and roughly how often); cases that reach more than any",
    "before are kept, and most new ones are made from them. A crash, a hang or an answer that tells of the inside ends it, and `scripts/fuzz --again` shows it",
    "once more. Before a release it runs for an hour:",
    "",
    "| when | what came of it |",
    "|---|---|",
    ...fuzzRuns.map(([when, what]) => `| ${when} | ${what} |`),
    "",
    "Keys are read by the service alone: a file with keys that other users can read or change stops the start, the program is started so that its memory is",
    "never written to disk, and no key stands in its command line, its environment, its log or its answers.",
    "",
    "What a local program of the same user can do: read the page's own storage, and with it the token. Tillbridge keeps other sites and other users",
    "out; it cannot protect an account from itself.",
    "",
    ...Object.entries(attackGroups).flatMap(([group, attacks]) => groupLines(group, attacks)),
  ].join("\n");
}

function groupLines(group: string, attacks: readonly Attack[]): string[] {
  return [
    `## ${group}`,
    "",
    "| | attack | what must come of it | shown by |",
    "|---|---|---|---|",
    ...attacks.map((it) => `| ${it.number} | ${cell(it.what)} | ${cell(it.expected)} | ${shownBy(it)} |`),
    "",
  ];
}

function shownBy({ proofs, why }: Attack): string {
  const files = [...new Set(proofs.map(([file]) => file))];
  const links = files.map((file) => `[${file.replace(/^test\//, "").replace(/\.test\.ts$/, "")}](../${file})`);
  return [links.join(", "), cell(why ?? "")].filter(Boolean).join(". ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
