// scripts/power-cut: the real daemon on a disk that loses what was not synced, or keeps it, or tears it.
import { commandLine } from "../support/command-line.ts";
import { proofOptions, prove } from "./prove.ts";

const command = "power-cut";
const { cuts: deaths, ...wish } = commandLine(command, { ...proofOptions(), cuts: 3000 }).values;

process.exitCode = await prove({ command, name: "power cut, modelled", ends: "cut", count: "cuts", deaths, wish });
