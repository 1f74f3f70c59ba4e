import { configPage } from "./config-page.ts";
import { errorsPage } from "./errors-page.ts";
import { protocolPage } from "./protocol-page.ts";
import { securityPage } from "./security-page.ts";

/** Every page that is made from tables: file → its text. */
export const generatedPages: Readonly<Record<string, () => string>> = {
  "docs/config.md": configPage,
  "docs/errors.md": errorsPage,
  "docs/protocol.md": protocolPage,
  "docs/security.md": securityPage,
};

const notice = "<!-- Made by scripts/generate-docs.ts from the tables in daemon/. Change those, not this. -->\n\n";

export function pageText(page: () => string): string {
  return notice + page();
}
