import type { Attack } from "../../test/attacks/attack.ts";
import { attackGroups } from "../../test/attacks/table.ts";

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
    "What nobody thought of is looked for by `scripts/fuzz`: frames, parameters, HTTP heads, serial bytes, NFC tags and MobilePay's answers, spoilt from a seed.",
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
