import { codeFor, publishedErrors, reactionTo } from "../../daemon/mobilepay/errors.ts";
import { errorTable } from "../../daemon/protocol/errors.ts";
import { standardErrorTable } from "../../daemon/protocol/json-rpc.ts";

/** docs/errors.md: every error, and what to do. */
export function errorsPage(): string {
  return [
    "# Errors",
    "",
    "Every error carries `data: { code, retry, hint }`; some carry more. Go by `code`: it and its number never change their meaning. `hint` is for",
    "the person at the till. `retry`:",
    "",
    "- `never`: the same request will fail again.",
    "- `same-request`: send exactly this again, with the same ids.",
    "- `query`: ask for the state first; what you asked for may have happened.",
    "",
    "| number | code | message | what to do | retry |",
    "|---|---|---|---|---|",
    ...Object.entries({ ...errorTable, ...standardErrorTable }).map(([code, row]) => {
      const { number, message, hint, retry } = row;
      return `| ${number} | \`${code}\` | ${cell(message)} | ${cell(hint)} | ${retry} |`;
    }),
    "",
    "`INVALID_PARAMS` and `INVALID_REQUEST` also say in `field` what is wrong (`sale.total.value`) and in `allowed` what would be right.",
    "",
    "A payment or refund that ends as `failed` carries MobilePay's reason in `failure`, in the same form; `failure.reason` is what MobilePay says of",
    "single fields, in its own words.",
    "",
    "## MobilePay's own codes",
    "",
    "What a refusal is called by the till, by MobilePay's code (`failure.mobilePayCode`) and by what was refused: a sale's request or capture, or a",
    "refund. *waits*: the same is sent again by itself. Any other code is `MOBILEPAY_REFUSED` or `REFUND_REFUSED`.",
    "",
    "| MobilePay's code | MobilePay says | a sale | a refund |",
    "|---|---|---|---|",
    ...Object.entries(publishedErrors).map(([code, { says }]) => {
      const named = (operation: "create" | "refund") =>
        reactionTo(Number(code), operation) === "wait" ? "*waits*" : `\`${codeFor(Number(code), operation)}\``;
      return `| ${code} | ${cell(says)} | ${named("create")} | ${named("refund")} |`;
    }),
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
