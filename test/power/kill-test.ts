// scripts/kill-test: the real daemon, killed at every crash point, several tills side by side.
import { prove } from "./prove.ts";

process.exitCode = await prove({ name: "SIGKILL", ends: "killed", count: "kills", deaths: 3000 });
