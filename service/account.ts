import type { Installation } from "./installation.ts";
import type { TargetPlatform, InstallStep } from "./plan.ts";

/** The user that the service runs as, and to whom what it reads belongs: as chown takes it. */
export interface ServiceAccount {
  /** Its group has the same name, and no other user in it. */
  readonly user: string;
  /** Readable for the group. */
  readonly settings: string;
  /** Readable for their owner alone. */
  readonly keys: string;
  readonly data: string;
}

/** systemd reads the keys as root and hands them over; launchd hands over nothing, so that the service must read them itself. */
export const serviceAccounts = {
  linux: {
    user: "tillbridge",
    settings: "root:tillbridge",
    keys: "root:root",
    data: "tillbridge:tillbridge",
  },
  macos: {
    user: "_tillbridge",
    settings: "root:_tillbridge",
    keys: "_tillbridge:_tillbridge",
    data: "_tillbridge:_tillbridge",
  },
} as const satisfies Partial<Record<TargetPlatform, ServiceAccount>>;

/** None on Windows, which gives each service an account by itself and keeps access in lists. */
export function serviceAccountOn(platform: TargetPlatform): ServiceAccount | undefined {
  return platform === "windows" ? undefined : serviceAccounts[platform];
}

/** After its user is made, before it starts: what was written when there was no such user, or another with its name. */
export async function ownershipPlan(
  { settings, keys }: ServiceAccount,
  { settings: settingsFile, keyFiles = [], system }: Installation,
): Promise<InstallStep[]> {
  const owners = [
    ...(settingsFile === undefined ? [] : [[settingsFile, settings] as const]),
    ...keyFiles.map((file) => [file, keys] as const),
  ];
  const steps = owners.map(async ([file, owner]): Promise<InstallStep[]> => {
    if (!(await system.isThere(file))) return [];
    return [{ do: "run", command: ["chown", owner, file], why: "Root and the service can read it, and nobody else." }];
  });
  return (await Promise.all(steps)).flat();
}
