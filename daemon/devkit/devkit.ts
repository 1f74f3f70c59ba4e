import type { Kit } from "../cli/kit.ts";

/**
 * The developer's kit: what a POS is developed and tried with. A program of its own, which lies beside the till's and answers some of its
 * commands (`daemon/cli/kit.ts`); a package for tills may leave it out.
 */
export const kitCommands: Kit = {
  simulator: {
    usage: ["simulator [OPTIONS]"],
    summary: "A stand-in for MobilePay, with a customer's phone",
    ownHelp: true,
    load: async () => (await import("./simulator/command.ts")).simulatorCommand,
  },
  demo: {
    usage: ["demo [OPTIONS]"],
    summary: "A whole shop on this machine: no hardware, no keys",
    ownHelp: true,
    load: async () => (await import("./demo/command.ts")).demoCommand,
  },
  certify: {
    usage: ["certify --client URL|PROGRAM [--report FILE]"],
    summary: "Drives a POS through what it must be able to do",
    ownHelp: true,
    load: async () => (await import("./certify/command.ts")).certifyCommand,
  },
  attack: {
    usage: ["attack [OPTIONS]"],
    summary: "Tries the attacks of docs/security.md on a till of your own",
    ownHelp: true,
    load: async () => (await import("./attack/command.ts")).attackCommand,
  },
};
