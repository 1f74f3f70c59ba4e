import { relaySettings } from "../../daemon/config/relay.ts";
import type { Entries, SettingEntry, Setting } from "../../drivers/setting.ts";
import { settings } from "../../daemon/config/settings.ts";

/** docs/config.md: an example with every setting that a till usually has, and a row per setting. */
export function configPage(till: Entries = settings.entries): string {
  return [
    "# Settings",
    "",
    "A till's settings stand in one file, `tillbridge.json`: JSON, with comments. The service is told where it is by `--config FILE` or by the",
    "environment variable `TILLBRIDGE_CONFIG`. What is left out gets its default.",
    "",
    "Whatever is wrong stops the start with exit code 2 and one line that names the place, the key and what is allowed:",
    "",
    "```",
    "tillbridge: /etc/tillbridge/tillbridge.json:6:23: listen.port must be a whole number from 0 to 65535 (0: any free port)",
    "```",
    "",
    '**Secrets** can be given as they are, or as `{ "file": "/path" }`. Such a file must belong to the service\'s own user (or to root) and be readable by',
    "nobody else (`chmod 600`); a newline at its end does not count. Of what systemd hands the service (`LoadCredential=`),",
    "a file of the same name stands for the one that is named here.",
    "No secret is ever shown: not in a log, an error or a support file.",
    "",
    "**Paths** that do not begin with `/` start at the folder of the settings.",
    "",
    "## Example",
    "",
    "```jsonc",
    exampleText(till),
    "```",
    "",
    "## Every setting",
    "",
    "| setting | must be | default | what it is |",
    "|---|---|---|---|",
    ...rowsOf(till, ""),
    "",
    "## A relay's settings",
    "",
    "`tillbridge relay --config relay.json` has a file of its own; see [check-ins.md](check-ins.md).",
    "",
    "```jsonc",
    relayExampleText(),
    "```",
    "",
    "| setting | must be | default | what it is |",
    "|---|---|---|---|",
    ...rowsOf(relaySettings.entries, ""),
    "",
  ].join("\n");
}

/** The example as it stands in the page: a file that the service would take. */
function exampleText(till: Entries = settings.entries): string {
  return objectText(till, "", "");
}

function relayExampleText(): string {
  return objectText(relaySettings.entries, "", "");
}

function objectText(entries: Entries, indent: string, first: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(entries).flatMap(([name, entry]) => memberText(name, entry, inner));
  const all = [...(first === "" ? [] : [`${inner}${first}`]), ...members];
  return all.length === 0 ? "{}" : `{\n${all.join(",\n")}\n${indent}}`;
}

function memberText(name: string, entry: SettingEntry, indent: string): string[] {
  switch (entry.kind) {
    case "setting": {
      const value = shownValue(entry);
      return value === undefined ? [] : [`${indent}// ${entry.description}\n${indent}"${name}": ${value}`];
    }
    case "group":
      return entry.optional ? [] : [`${indent}"${name}": ${objectText(entry.entries, indent, "")}`];
    case "variants": {
      const inner = `${indent}  `;
      const shown = Object.entries(entry.groups).filter(([, { inExample }]) => inExample !== false);
      const items = shown.map(
        ([variant, { entries }]) => inner + objectText(entries, inner, `"${entry.by}": "${variant}"`),
      );
      return [`${indent}// ${entry.description}\n${indent}"${name}": [\n${items.join(",\n")}\n${indent}]`];
    }
    case "choice": {
      const text = objectText(entry.groups[entry.default]?.entries ?? {}, indent, `"${entry.by}": "${entry.default}"`);
      return [`${indent}// ${entry.description}\n${indent}"${name}": ${text}`];
    }
    case "list": {
      const inner = `${indent}  `;
      const item = inner + objectText(entry.item.entries, inner, "");
      return [`${indent}// ${entry.description}\n${indent}"${name}": [\n${item}\n${indent}]`];
    }
  }
}

function shownValue(row: Setting<unknown>): string | undefined {
  const value = row.example ?? row.default;
  return value === undefined ? undefined : JSON.stringify(value, null, 1).replace(/\s+/g, " ");
}

/** `together`: in a group that is given as a whole or not at all. */
function rowsOf(entries: Entries, prefix: string, together = false): string[] {
  return Object.entries(entries).flatMap(([name, entry]) => rowsFor(`${prefix}${name}`, entry, together));
}

function rowsFor(key: string, entry: SettingEntry, together: boolean): string[] {
  switch (entry.kind) {
    case "setting":
      return [`| \`${key}\` | ${cell(ruleOf(entry))} | ${defaultOf(entry, together)} | ${cell(entry.description)} |`];
    case "group":
      return rowsOf(entry.entries, `${key}.`, entry.optional);
    case "variants": {
      const names = Object.keys(entry.groups);
      const which = names.map((name) => `"${name}"`).join(", ");
      return [
        `| \`${key}[].${entry.by}\` | one of ${which}; at most ${entry.itemsMax} devices | no device | ${cell(entry.description)} |`,
        ...names.flatMap((name) => rowsOf(entry.groups[name]?.entries ?? {}, `${key}[] ${name}: `)),
      ];
    }
    case "choice": {
      const names = Object.keys(entry.groups);
      const which = names.map((name) => `"${name}"`).join(", ");
      return [
        `| \`${key}.${entry.by}\` | one of ${which} | \`"${entry.default}"\` | ${cell(entry.description)} |`,
        ...names.flatMap((name) => rowsOf(entry.groups[name]?.entries ?? {}, `${key} ${name}: `)),
      ];
    }
    case "list":
      return [
        `| \`${key}[]\` | a list of 1 to ${entry.itemsMax} objects | must be given | ${cell(entry.description)} |`,
        ...rowsOf(entry.item.entries, `${key}[]: `),
      ];
  }
}

function ruleOf({ allowed, allowedEach }: Setting<unknown>): string {
  return allowedEach === undefined ? allowed : `${allowed}, each ${allowedEach}`;
}

function defaultOf(row: Setting<unknown>, together: boolean): string {
  if (!("default" in row)) return together ? "none: all of them or none" : "must be given";
  return row.default === undefined ? "none" : `\`${JSON.stringify(row.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
