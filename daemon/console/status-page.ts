import type { Result } from "../protocol/methods.ts";

/** `GET /`: how this till is doing, for whoever opens its address in a browser. Plain HTML, nothing to click, no secrets. */
export function statusPage(tillName: string, health: Result<"health.get">): string {
  const rows = [
    ["Till", tillName],
    ["State", health.status === "ok" ? "well" : "needs attention"],
    [
      "Journal",
      health.journal.state === "ok" ? "written and durable" : `cannot be written: ${health.journal.detail ?? ""}`,
    ],
    ["MobilePay", contact(health.mobilePay.state)],
    ["Payments to decide on", String(health.recovery.open)],
    ...health.devices.map(({ name, state, detail }) => [name, detail === undefined ? state : `${state}: ${detail}`]),
    ["Version", health.version],
  ];
  const body = rows
    .map(([what = "", value = ""]) => `<tr><th scope="row">${escape(what)}</th><td>${escape(value)}</td></tr>`)
    .join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tillbridge: ${escape(tillName)}</title><h1>Tillbridge</h1><table>${body}</table></html>\n`;
}

function contact(state: Result<"health.get">["mobilePay"]["state"]): string {
  return { unknown: "not asked yet", reachable: "answers", unreachable: "does not answer" }[state];
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
