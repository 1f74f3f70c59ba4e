import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (file: string) => fileURLToPath(new URL(`daemon/protocol/${file}`, import.meta.url));

export default defineConfig({
  // As a POS imports them; here from the sources, so that no test runs on an old bundle.
  resolve: {
    alias: [
      { find: /^tillbridge\/client$/, replacement: source("client.ts") },
      { find: /^tillbridge\/client\/words$/, replacement: source("words/words.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // A process per file: native addons cannot be loaded twice in one, and a till's crash must not be a neighbour's.
    pool: "forks",
    maxWorkers: 2,
    setupFiles: ["test/support/own-folder.ts"],
    // Only against what hangs. Tests wait for conditions, so that a busy machine makes them slow and never false: no second try.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 100_000 } },
  },
});
