import type { CommandContext } from "../command.ts";
import type { FoundDevice } from "../../../drivers/driver-row.ts";
import type { Sockets } from "../../../drivers/sockets.ts";
import { findDevices } from "./find-devices.ts";
import type { DeviceChoice, Wish } from "./options.ts";
import { type Provision, readProvision } from "./provision.ts";
import { askAll, askDevices } from "./questions.ts";
import { secretEdits, type Secrets, secretsInFiles, secretsOnStdin } from "./secrets.ts";
import { type Edit, valueIn } from "../../config/edit.ts";
import type { Person } from "./terminal.ts";

/** All that setup was told, from wherever: what to change, and the secrets to write. */
export interface Told {
  readonly edits: readonly Edit[];
  readonly secrets: Secrets;
  readonly clientName: string | undefined;
}

interface Around {
  readonly context: CommandContext;
  readonly sockets: Sockets;
  readonly person: Person | undefined;
}

const nothing: Provision = { edits: [], secretFiles: new Map(), devices: undefined, clientName: undefined };

/** Whether nothing was said on the command line that a person would otherwise be asked. */
export function saysNothing(wish: Wish): boolean {
  return wish.from === undefined && wish.edits.length === 0 && wish.secretFiles.size === 0 && !wish.secretsFromStdin;
}

/** `before`: the settings as they are. What is said later here wins: the file, the command line, the person. */
export async function gather(wish: Wish, before: string | undefined, around: Around): Promise<Told> {
  const provision = wish.from === undefined ? nothing : readProvision(wish.from);
  const answers = around.person && (await askAll(around.person, before));
  const edits = [...provision.edits, ...wish.edits, ...(answers?.edits ?? [])];
  const secrets: Secrets = new Map([
    ...secretsInFiles(new Map([...provision.secretFiles, ...wish.secretFiles])),
    ...(wish.secretsFromStdin ? await secretsOnStdin(around.context.stdin()) : []),
    ...(answers?.secrets ?? []),
  ]);
  const devices = await devicesFor(wish.devices ?? provision.devices, before, edits, around);
  const clientName = wish.clientName ?? provision.clientName;
  return { edits: inOrder(before, [...edits, ...secretEdits(secrets), ...devices]), secrets, clientName };
}

async function devicesFor(
  choice: DeviceChoice | undefined,
  before: string | undefined,
  edits: readonly Edit[],
  around: Around,
): Promise<Edit[]> {
  const isTold = edits.some(({ path }) => path[0] === "devices") || before !== undefined;
  const wanted = choice ?? (isTold ? "keep" : "find");
  if (wanted === "none") return [{ path: ["devices"], value: [] }];
  if (wanted === "keep") return [];
  const taken = await lookAndChoose(around);
  return taken.length === 0 && choice === undefined
    ? []
    : [{ path: ["devices"], value: taken.map((it) => it.settings) }];
}

async function lookAndChoose({ context, sockets, person }: Around): Promise<FoundDevice[]> {
  const { devices, advice } = await findDevices(sockets);
  for (const line of advice) context.print(line);
  const taken = person ? await askDevices(person, devices) : devices.filter(({ isSure }) => isSure);
  for (const device of devices)
    context.print(
      `${taken.includes(device) ? "Takes" : "Leaves alone"}: ${device.name}${taken.includes(device) ? "" : howTo(device)}`,
    );
  if (devices.length === 0)
    context.print("No scanner and no NFC reader is plugged in. When one is: tillbridge setup --devices find");
  return taken;
}

function howTo({ settings }: FoundDevice): string {
  return `; to use it, put ${JSON.stringify(settings)} into devices`;
}

/** A way to learn of check-ins that is left takes its own settings with it. The mode comes first: the others depend on it. */
function inOrder(before: string | undefined, edits: readonly Edit[]): Edit[] {
  const mode = edits.findLast(({ path }) => path.join(".") === "checkIn.mode");
  const present = valueIn(before, ["checkIn", "mode"]);
  const isOther = mode !== undefined && present !== undefined && mode.value !== present;
  return [
    ...(isOther ? [{ path: ["checkIn"], value: undefined }] : []),
    ...(mode ? [mode] : []),
    ...edits.filter((edit) => edit !== mode),
  ];
}
