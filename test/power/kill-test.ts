// scripts/kill-test: the real daemon, killed at every crash point, several tills side by side.
import { commandLine } from "../support/command-line.ts";
import { proofOptions, prove } from "./prove.ts";

const command = "kill-test";
const { kills: deaths, ...wish } = commandLine(command, { ...proofOptions(), kills: 3000 }).values;

process.exitCode = await prove({ command, name: "SIGKILL", ends: "killed", count: "kills", deaths, wish });
