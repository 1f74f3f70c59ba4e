import { element, icon } from "../../../pages/elements.ts";
import type { Say } from "../say.ts";
import type { ConsoleState, ConsoleStore } from "../state.ts";
import { section } from "./section.ts";

type Tone = "good" | "attention" | "bad" | "unknown";

interface Light {
  readonly name: string;
  readonly tone: Tone;
  readonly words: string;
  readonly detail?: string | undefined;
}

/** How the till is doing, to be read from where the customer stands. */
export function showLights(place: HTMLElement, store: ConsoleStore, say: Say): void {
  section(
    store,
    place,
    ({ health, answers, overview, door }) => ({
      health: health && { ...health, uptimeSeconds: 0 },
      answers,
      connected: door === "open" ? overview?.connected : undefined,
    }),
    (model) => [
      !model.answers &&
        element(
          "div",
          { class: "notice notice-bad notice-large" },
          element("strong", {}, say("notRunning")),
          element("p", {}, say("notRunningText")),
        ),
      element(
        "ul",
        { class: "lights-list" },
        lightsFor(model, say).map((light) => drawn(light, say)),
      ),
    ],
  );
}

function drawn({ name, tone, words, detail }: Light, say: Say): HTMLElement {
  return element(
    "li",
    { class: `light light-${tone}` },
    element("span", { class: "light-lamp" }, icon(icons[tone])),
    element(
      "span",
      { class: "light-words" },
      element("span", { class: "light-name" }, name),
      element("strong", {}, words),
      element("span", { class: "heard" }, ` (${say(tone)})`),
      detail !== undefined && element("span", { class: "light-detail" }, detail),
    ),
  );
}

const icons = { good: "check", attention: "look", bad: "cross", unknown: "clock" } as const;

interface Model {
  readonly health?: ConsoleState["health"];
  readonly answers: boolean;
  readonly connected?: number | undefined;
}

function lightsFor(model: Model, say: Say): Light[] {
  const { health, answers } = model;
  if (!health) return [];
  const known = [mobilePay(health, say), journal(health, say), devices(health, say), checkIns(health, say)];
  const all = [
    ...known,
    decisions(health, say),
    ...(model.connected === undefined ? [] : [pages(model.connected, say)]),
  ];
  // What was true before the program stopped answering may not be true now.
  return answers ? all : all.map(({ name }) => ({ name, tone: "unknown" as const, words: say("unknown") }));
}

type Health = NonNullable<ConsoleState["health"]>;

function mobilePay({ mobilePay: { state, trouble } }: Health, say: Say): Light {
  const name = say("mobilePay");
  const detail = trouble && troubleWords(trouble, say);
  if (trouble?.code === "KEYS_REFUSED") return { name, tone: "bad", words: say("mobilePayKeysRefused"), detail };
  if (state === "reachable") return { name, tone: "good", words: say("mobilePayReachable") };
  if (state === "unreachable") return { name, tone: "bad", words: say("mobilePayUnreachable"), detail };
  return { name, tone: "unknown", words: say("mobilePayUnknown") };
}

type Trouble = NonNullable<Health["mobilePay"]["trouble"]>;

/** The rare ones are told in the daemon's own words. */
function troubleWords({ reason, issuer, message, hint }: Trouble, say: Say): string {
  const words = reason === "unknownIssuer" && issuer === undefined ? undefined : troubles[reason];
  return words === undefined ? `${message} ${hint}` : say(words, issuer === undefined ? {} : { issuer });
}

const troubles: Partial<Record<Trouble["reason"], Parameters<Say>[0]>> = {
  keysRefused: "troubleKeys",
  noName: "troubleNoName",
  noRoute: "troubleNoRoute",
  refused: "troubleRefused",
  noAnswer: "troubleNoAnswer",
  unknownIssuer: "troubleFilter",
  notYetValid: "troubleNotYet",
  expired: "troubleExpired",
  proxyAway: "troubleProxyAway",
  proxyLogin: "troubleProxyLogin",
};

function journal({ journal: { state, detail } }: Health, say: Say): Light {
  const name = say("journal");
  return state === "ok"
    ? { name, tone: "good", words: say("journalOk") }
    : { name, tone: "bad", words: say("journalFailed"), detail };
}

function devices({ devices: all }: Health, say: Say): Light {
  const name = say("devices");
  if (all.length === 0) return { name, tone: "unknown", words: say("devicesNone") };
  const away = all.filter(({ state }) => state !== "ready");
  const failed = away.some(({ state }) => state === "failed");
  return {
    name,
    tone: away.length === 0 ? "good" : failed ? "bad" : "attention",
    words: say("devicesReady", { ready: all.length - away.length, all: all.length }),
    detail:
      away.map((device) => `${device.name || device.kind}: ${say(deviceWords[device.state])}`).join(" · ") || undefined,
  };
}

export const deviceWords = {
  ready: "deviceReady",
  connecting: "deviceConnecting",
  lost: "deviceLost",
  failed: "deviceFailed",
} as const;

function checkIns({ checkIn: { mode, state } }: Health, say: Say): Light {
  const name = say("checkIns");
  if (state === "notRegistered") return { name, tone: "bad", words: say("checkInsNotRegistered") };
  if (state === "connecting") return { name, tone: "attention", words: say("checkInsConnecting") };
  return { name, tone: "good", words: say(mode === "frontend" ? "checkInsFrontend" : "checkInsReady") };
}

function decisions({ recovery: { open } }: Health, say: Say): Light {
  const name = say("decisions");
  return open === 0
    ? { name, tone: "good", words: say("decisionsNone") }
    : { name, tone: "attention", words: say("decisionsOpen", { count: open }) };
}

function pages(connected: number, say: Say): Light {
  const name = say("pages");
  return connected === 0
    ? { name, tone: "attention", words: say("pagesNone") }
    : { name, tone: "good", words: say("pagesConnected", { count: connected }) };
}
