import { settings } from "../../config/settings.ts";
import { webhookUrl, brokerRows } from "../../config/check-in.ts";
import type { Setting } from "../../../drivers/setting.ts";
import type { FoundDevice } from "../../../drivers/driver-row.ts";
import { type SecretName, secretPlaces } from "../system/secret-places.ts";
import { type Edit, valueIn } from "../../config/edit.ts";
import type { Prompt } from "./terminal.ts";

/** What a person has answered. */
export interface Answers {
  readonly edits: readonly Edit[];
  readonly secrets: ReadonlyMap<SecretName, string>;
}

const { till, mobilepay, origins } = settings.entries;
/** After that the message helps more than the question. */
const triesMax = 5;

/** Asks for all that a till cannot do without. `text`: the settings as they are; Enter keeps what is set. */
export async function askAll(prompt: Prompt, text: string | undefined): Promise<Answers> {
  const edits: Edit[] = [];
  const secrets = new Map<SecretName, string>();
  const set = (key: string) => valueIn(text, key.split("."));
  const put = (key: string, value: unknown) => void edits.push({ path: key.split("."), value });

  async function plain(key: string, row: Setting<unknown>, question: string, fallback?: string): Promise<string> {
    const present = set(key);
    const answer = await ask(prompt, question, typeof present === "string" ? present : fallback, (typed) =>
      row.schema.safeParse(typed).success ? undefined : `It must be ${row.allowed}.`,
    );
    put(key, answer);
    return answer;
  }

  async function secret(name: SecretName): Promise<void> {
    const { path, words } = secretPlaces[name];
    const isSet = valueIn(text, path) !== undefined;
    const typed = await hidden(prompt, `${words}${isSet ? " [as it is]" : ""}`, isSet);
    if (typed !== "") secrets.set(name, typed);
  }

  await plain("till.id", till.entries.id, "The till's id, such as kassa-1; no two tills of the shop the same");
  await plain("till.name", till.entries.name, "What people call it, such as Kassa 1");
  await plain("mobilepay.baseUrl", mobilepay.entries.baseUrl, "MobilePay's address", mobilepay.entries.baseUrl.default);
  await plain(
    "mobilepay.merchantSerialNumber",
    mobilepay.entries.merchantSerialNumber,
    "The sales unit's number (MSN)",
  );
  for (const name of ["clientId", "clientSecret", "subscriptionKey"] as const) await secret(name);
  const present = set("origins");
  const allowed = (typed: string) =>
    origins.schema.safeParse(listIn(typed)).success ? undefined : `Each must be ${origins.allowedEach}.`;
  const pages = Array.isArray(present) ? present.join(" ") : undefined;
  put("origins", listIn(await ask(prompt, "The POS page's origin, such as https://pos.example.com", pages, allowed)));
  const modes = ["frontend", "webhook", "mqtt"];
  const mode = set("checkIn.mode");
  const asked = await ask(
    prompt,
    "How the till learns of check-ins: frontend, webhook or mqtt",
    typeof mode === "string" ? mode : "frontend",
    (typed) => (modes.includes(typed) ? undefined : `It must be one of ${modes.join(", ")}.`),
  );
  put("checkIn.mode", asked);
  if (asked === "webhook") await plain("checkIn.url", webhookUrl, "The address that is registered with MobilePay");
  if (asked !== "mqtt") return { edits, secrets };
  await plain("checkIn.url", brokerRows.url, "The broker's address");
  await plain("checkIn.username", brokerRows.username, "The name to log in to the broker with");
  await secret("brokerPassword");
  return { edits, secrets };
}

/** Which of the devices to use. */
export async function askDevices(prompt: Prompt, found: readonly FoundDevice[]): Promise<FoundDevice[]> {
  const taken: FoundDevice[] = [];
  for (const device of found) if (await askYes(prompt, `Use the ${device.name}?`, device.isSure)) taken.push(device);
  return taken;
}

export async function askYes(prompt: Prompt, question: string, otherwise: boolean): Promise<boolean> {
  const answer = await ask(prompt, `${question} (yes or no)`, otherwise ? "yes" : "no", (typed) =>
    /^(y|yes|n|no)$/i.test(typed) ? undefined : "Type yes or no.",
  );
  return /^y/i.test(answer);
}

async function ask(
  prompt: Prompt,
  question: string,
  fallback: string | undefined,
  wrong: (typed: string) => string | undefined,
): Promise<string> {
  let why = "";
  for (let tries = 0; tries < triesMax; tries += 1) {
    const typed = await prompt.ask(`${why}${question}`, fallback);
    const complaint = wrong(typed);
    if (complaint === undefined) return typed;
    why = `${complaint}\n`;
  }
  throw new TooManyTries();
}

async function hidden(prompt: Prompt, question: string, mayBeEmpty: boolean): Promise<string> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const typed = await prompt.askHidden(question);
    if (/^[\x21-\x7e]+$/.test(typed) || (mayBeEmpty && typed === "")) return typed;
  }
  throw new TooManyTries();
}

export class TooManyTries extends Error {}

function listIn(typed: string): string[] {
  return typed.split(/[\s,]+/).filter(Boolean);
}
