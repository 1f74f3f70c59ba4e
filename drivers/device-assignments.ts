/**
 * Which device is whose, when the settings name no particular one: two scanners in the settings must never be the same one on the
 * counter, and each stays who it was when both are pulled and come back in the other order. Shared by the drivers of one till.
 */
export interface DeviceAssignments {
  /**
   * Whether the owner may have the device: no owner has what is plugged in at `place`, and no other had it last and waits for it.
   * Two devices may say that they are the same: makers give a serial number to a whole series.
   */
  mayAssign(owner: object, device: string, place?: string): boolean;
  /**
   * Returns what gives it back (once, however often it is called), or undefined when the owner may not have it. Given back as
   * `unused` it is anybody's again.
   */
  assign(owner: object, device: string, place?: string): ReleaseDevice | undefined;
}

export type ReleaseDevice = (unused?: "unused") => void;

export function createDeviceAssignments(): DeviceAssignments {
  /** Who has what is plugged in there. */
  const taken = new Map<string, object>();
  /** The device that each owner had last. */
  const last = new Map<object, string>();

  function mayAssign(owner: object, device: string, place = device): boolean {
    if (taken.has(place)) return false;
    if (last.get(owner) === device) return true;
    const others = [...last].filter(([other, its]) => other !== owner && its === device);
    return others.every(([other]) => [...taken.values()].includes(other));
  }

  return {
    mayAssign,
    assign(owner, device, place = device) {
      if (!mayAssign(owner, device, place)) return undefined;
      taken.set(place, owner);
      last.set(owner, device);
      let isOurs = true;
      return (unused) => {
        if (!isOurs) return;
        isOurs = false;
        taken.delete(place);
        if (unused !== undefined) last.delete(owner);
      };
    },
  };
}
