import { onlyOptionsOf } from "./arguments.ts";
import type { Commands } from "./command.ts";

const accessUsage = [
  "access list",
  "access approve CODE [--rights RIGHTS]",
  "access revoke NAME",
  "access add --name NAME [--origin ORIGIN] [--rights read,sell,refund,settings]",
];

const journalUsage = [
  "journal list [--limit N]",
  "journal show PAYMENT_ID|REFERENCE|RECEIPT_NUMBER|REFUND_ID",
  "journal verify [FOLDER]",
  "journal export [--format json|csv] [--from TIME] [--to TIME]",
  "journal unexported",
  "journal backup FILE",
];

/** The till's own. Those of the developer's kit stand in its program, daemon/devkit/devkit.ts. */
export const commands: Commands = {
  run: {
    usage: ["run"],
    summary: "The service itself: devices, MobilePay, the POS page's socket",
    load: async () => (await import("./run/command.ts")).runCommand,
  },
  relay: {
    usage: ["relay"],
    summary: "Receives MobilePay's webhooks for many tills (docs/check-ins.md)",
    load: async () => (await import("./relay/command.ts")).relayCommand,
  },
  webhooks: {
    usage: [
      "webhooks list",
      "webhooks register [--url URL] [--for checkIns|payments|both] [--file FILE] [--no-probe]",
      "webhooks remove ID",
      "webhooks check",
    ],
    summary: "Where MobilePay tells of scans and payments",
    load: async () => (await import("./webhooks/command.ts")).webhooksCommand,
  },
  reconcile: {
    usage: ["reconcile [--day YYYY-MM-DD] [--all] [--json]"],
    summary: "A day's payments beside MobilePay's books",
    load: async () => (await import("./reconcile/command.ts")).reconcileCommand,
  },
  checklist: {
    usage: ["checklist [--phone NUMBER] [--file FILE] [--in-app] [--with-real-money]"],
    summary: "Does all that MobilePay's ePayment checklist asks for, and writes it filled in (docs/go-live.md)",
    load: async () => (await import("./checklist/command.ts")).checklistCommand,
  },
  setup: {
    usage: ["setup [--from FILE] [--dry-run] [OPTIONS]"],
    summary: "Sets this till up: asks, tries the keys, finds the devices, starts the service",
    ownHelp: true,
    load: async () => (await import("./setup/command.ts")).setupCommand,
  },
  doctor: {
    usage: ["doctor [--json]"],
    summary: "Checks this till, and says what to do",
    load: async () => (await import("./doctor/command.ts")).doctorCommand,
  },
  service: {
    usage: ["service install [--dry-run]", "service uninstall [--dry-run] [--policies-only]", "service status"],
    summary: "Makes the till a service of this computer, and lets the POS page reach it",
    load: async () => (await import("./service/command.ts")).serviceCommand,
  },
  "support-bundle": {
    usage: ["support-bundle FILE"],
    summary: "Everything that helps whoever helps, in one file without secrets",
    load: async () => (await import("./support-bundle/command.ts")).supportBundleCommand,
  },
  access: {
    usage: accessUsage,
    summary: "Which pages and programs may connect",
    load: async () => {
      const { accessCommand } = await import("./access/command.ts");
      return (argv, { config, print }) => {
        onlyOptionsOf(accessUsage, argv);
        return accessCommand([...argv], { dataDir: config().dataDir, print });
      };
    },
  },
  console: {
    usage: ["console"],
    summary: "A code that opens the till's console in a browser",
    load: async () => (await import("./console/command.ts")).consoleCommand,
  },
  journal: {
    usage: journalUsage,
    summary: "What has happened to the money, as it stands on disk",
    load: async () => {
      const { journalCommand } = await import("./journal/command.ts");
      return (argv, { config, print, world }) => {
        onlyOptionsOf(journalUsage, argv);
        return journalCommand([...argv], { dataDir: config().dataDir, print, now: () => world.now() });
      };
    },
  },
  idle: {
    usage: ["idle [--wait SECONDS]"],
    summary: "Whether the till may be stopped now: no payment is open",
    load: async () => (await import("./idle/command.ts")).idleCommand,
  },
};
