// scripts/power-cut: the real daemon on a disk that loses what was not synced, or keeps it, or tears it.
import { prove } from "./prove.ts";

process.exitCode = await prove({ name: "power cut, modelled", ends: "cut", count: "cuts", deaths: 3000 });
