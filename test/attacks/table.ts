import type { Attack } from "./attack.ts";
import { deviceAttacks, hostAttacks, moneyAttacks } from "./table-inside.ts";
import { authenticationAttacks, protocolAttacks, resourceAttacks } from "./table-session.ts";

const door = "test/integration/rpc-door.test.ts";
const guard = "test/unit/origin-policy.test.ts";
const own = "test/attacks/door.test.ts";

const reachability: readonly Attack[] = [
  {
    number: "A01",
    what: "Connecting from another machine, over IPv4 and IPv6",
    expected: "refused by the system: nobody listens there",
    proofs: [[door, "is open on both loopback addresses and on no other address of this machine"]],
  },
  {
    number: "A02",
    what: "Looking for further listeners",
    expected: "the daemon listens on its port at 127.0.0.1 and ::1, nowhere else",
    proofs: [["test/attacks/listeners.test.ts", "A02"]],
  },
  {
    number: "A03",
    what: "Another program holds the port when the daemon starts",
    expected: "a clear failure, never another port",
    proofs: [
      [door, "that somebody holds on %s is a clear failure, and nothing stays open"],
      ["test/integration/program.test.ts", "does not go to another port when its own is taken"],
    ],
    why: "A page that finds an impostor on the port hands it its token. With `listen.tls` the certificate tells them apart; without it, a local program is trusted as much as the page's own storage.",
  },
  {
    number: "A04",
    what: "Other spellings of the address: 0.0.0.0, 127.0.0.2, [::ffff:127.0.0.1], numbers",
    expected: "403",
    proofs: [[door, "is refused with 403 when Host is %s"]],
  },
  {
    number: "A05",
    what: "A second daemon on the same data",
    expected: "exit code 3, the first goes on",
    proofs: [
      ["test/integration/program.test.ts", "leaves a data directory that another one owns alone"],
      ["test/integration/power-loss.test.ts", "a second daemon on the same data is refused, and the first goes on"],
    ],
  },
  {
    number: "A06",
    what: "What stays behind after uninstalling",
    expected: "no listener, no service, no scheduled item, no policy",
    proofs: [
      ["test/integration/maintainer-scripts-remove.test.ts", "with everything %s leaves nothing"],
      [
        "test/unit/service-plan.test.ts",
        "from an archive writes the unit, its rules and a user, and takes all of it back",
      ],
      [
        "test/unit/service-plan.test.ts",
        "is taken back whole: the service stops before it goes, nothing stays in the registry, the journal does",
      ],
    ],
    why: "On a Debian of its own, `scripts/vm-service` compares all files, listeners, units, users, timers and policies of before and after.",
  },
];

const originAndHost: readonly Attack[] = [
  {
    number: "A07",
    what: "A page of another site connects",
    expected: "403 before the upgrade",
    proofs: [[door, "is refused with 403 to the origin %j"]],
  },
  {
    number: "A08",
    what: "Origins that look like an allowed one: substring, suffix, port, scheme, trailing dot, upper case, punycode",
    expected: "403",
    proofs: [
      [door, "is refused with 403 to the origin %j"],
      [guard, "lets nobody in whose host or origin is not exactly a listed one, whatever the headers are"],
    ],
  },
  {
    number: "A09",
    what: "Origin: null (sandboxed frame, data:, file:)",
    expected: "403, even when the list names it",
    proofs: [[guard, "never lets the origin null in, even when the list names it"]],
  },
  {
    number: "A10",
    what: "No Origin at all",
    expected: "a program may connect, and needs a token like everybody",
    proofs: [
      [guard, "lets a program in, and says that it has no origin"],
      [own, "A10"],
    ],
  },
  {
    number: "A11",
    what: "Two Origin headers, joined, with white space, with a line break",
    expected: "403",
    proofs: [
      [door, "is refused with 403 when Origin is sent twice, even the same"],
      [door, "a line break in Origin cannot bring in a second header unseen"],
    ],
  },
  {
    number: "A12",
    what: "A browser extension that is not listed",
    expected: "403",
    proofs: [[door, "is refused with 403 to the origin %j"]],
  },
  {
    number: "A13",
    what: "A name of the attacker that resolves to 127.0.0.1 (DNS rebinding)",
    expected: "403 for pages and socket alike",
    proofs: [
      [door, "is refused with 403 when Host is %s"],
      [door, "GET %s has the same guard as the socket"],
    ],
  },
  {
    number: "A14",
    what: "Host missing, empty, doubled; a whole address as target",
    expected: "403",
    proofs: [
      [door, "is refused with 403 when there is no Host"],
      [door, "is refused with 403 when Host is sent twice, the second as %s"],
      [door, "is refused with 403 when the target is a whole address"],
    ],
  },
  {
    number: "A15",
    what: "A script tag of another site that names every GET (XSSI)",
    expected: "403, and nosniff on everything",
    proofs: [
      [
        "test/browser/console.test.ts",
        "keeps other pages of this computer out: no frame, no script, no answer, no socket",
      ],
      [door, "a page of another site cannot load anything, but a link on it may be followed"],
      [door, "GET %s can be neither framed, sniffed, kept nor read from elsewhere"],
    ],
  },
  {
    number: "A16",
    what: "Image, form and no-cors POST from another site",
    expected: "405 or 403, and nothing changes",
    proofs: [
      [
        "test/browser/console.test.ts",
        "keeps other pages of this computer out: no frame, no script, no answer, no socket",
      ],
      [door, "%s is 405 everywhere"],
      [own, "A16"],
    ],
  },
  {
    number: "A17",
    what: "A link on another site leads the browser to every address of the daemon",
    expected: "nothing changes: no GET changes anything",
    proofs: [[own, "A17"]],
  },
  {
    number: "A18",
    what: "A preflight of a stranger",
    expected: "403 without a word about who may",
    proofs: [[door, "a preflight of a stranger is refused without a word about who may"]],
  },
  {
    number: "A19",
    what: "The daemon's page in a frame",
    expected: "blocked by frame-ancestors 'none'",
    proofs: [
      ["test/browser/console.test.ts", "cannot be shown in another page's frame, and runs no script but its own"],
      [door, "GET %s can be neither framed, sniffed, kept nor read from elsewhere"],
    ],
  },
  {
    number: "A20",
    what: "Sec-Fetch-Site: cross-site on anything that writes",
    expected: "refused",
    proofs: [
      [own, "A20"],
      [
        "test/integration/open-console.test.ts",
        "can do nothing without it, and cannot ask for access as other pages do",
      ],
    ],
  },
];

/** The whole list, in its order. docs/security.md is made from it. */
export const attackGroups: Readonly<Record<string, readonly Attack[]>> = {
  "Who can reach it": reachability,
  "Origin and Host": originAndHost,
  "Tokens and codes": authenticationAttacks,
  "The protocol": protocolAttacks,
  "Using it up": resourceAttacks,
  Devices: deviceAttacks,
  Money: moneyAttacks,
  "The machine it runs on": hostAttacks,
};
