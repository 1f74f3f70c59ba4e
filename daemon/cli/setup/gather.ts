import type { CommandContext } from "../command.ts";
import type { FoundDevice } from "../../../drivers/driver-row.ts";
import type { DevicePaths } from "../../../drivers/device-paths.ts";
import { findDevices } from "./find-devices.ts";
import type { DeviceChoice, SetupOptions } from "./options.ts";
import { type Provision, readProvision } from "./provision.ts";
import { askAll, askDevices } from "./questions.ts";
import { secretEdits, type Secrets, secretsInFiles, secretsOnStdin } from "./secrets.ts";
import { type Edit, valueIn } from "../../config/edit.ts";
import type { Prompt } from "./terminal.ts";

/** All that setup was given, from wherever: what to change, and the secrets to write. */
export interface SetupAnswers {
  readonly edits: readonly Edit[];
  readonly secrets: Secrets;
  readonly clientName: string | undefined;
}

interface GatherContext {
  readonly context: CommandContext;
  readonly devicePaths: DevicePaths;
  readonly prompt: Prompt | undefined;
}

const nothing: Provision = { edits: [], secretFiles: new Map(), devices: undefined, clientName: undefined };

/** Whether nothing was said on the command line that a person would otherwise be asked. */
export function saysNothing(options: SetupOptions): boolean {
  return (
    options.from === undefined &&
    options.edits.length === 0 &&
    options.secretFiles.size === 0 &&
    !options.secretsFromStdin
  );
}

/** `before`: the settings as they are. What is said later here wins: the file, the command line, the person. */
export async function gather(
  options: SetupOptions,
  before: string | undefined,
  context: GatherContext,
): Promise<SetupAnswers> {
  const provision = options.from === undefined ? nothing : readProvision(options.from);
  const answers = context.prompt && (await askAll(context.prompt, before));
  const edits = [...provision.edits, ...options.edits, ...(answers?.edits ?? [])];
  const secrets: Secrets = new Map([
    ...secretsInFiles(new Map([...provision.secretFiles, ...options.secretFiles])),
    ...(options.secretsFromStdin ? await secretsOnStdin(context.context.stdin()) : []),
    ...(answers?.secrets ?? []),
  ]);
  const devices = await devicesFor(options.devices ?? provision.devices, before, edits, context);
  const clientName = options.clientName ?? provision.clientName;
  return { edits: inOrder(before, [...edits, ...secretEdits(secrets), ...devices]), secrets, clientName };
}

async function devicesFor(
  choice: DeviceChoice | undefined,
  before: string | undefined,
  edits: readonly Edit[],
  context: GatherContext,
): Promise<Edit[]> {
  const isTold = edits.some(({ path }) => path[0] === "devices") || before !== undefined;
  const wanted = choice ?? (isTold ? "keep" : "find");
  if (wanted === "none") return [{ path: ["devices"], value: [] }];
  if (wanted === "keep") return [];
  const taken = await lookAndChoose(context);
  return taken.length === 0 && choice === undefined
    ? []
    : [{ path: ["devices"], value: taken.map((it) => it.settings) }];
}

async function lookAndChoose({ context, devicePaths, prompt }: GatherContext): Promise<FoundDevice[]> {
  const { devices, advice } = await findDevices(devicePaths);
  for (const line of advice) context.print(line);
  const taken = prompt ? await askDevices(prompt, devices) : devices.filter(({ isSure }) => isSure);
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
