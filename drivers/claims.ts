/**
 * Which device is whose, when the settings name no particular one: two scanners in the settings must never be the same one on the
 * counter, and each stays who it was when both are pulled and come back in the other order. Shared by the drivers of one till.
 */
export interface Claims {
  /** Whether the owner may have the device: nobody has it, and nobody else had it last. */
  mayTake(owner: object, device: string): boolean;
  /**
   * Returns what gives it back (once, however often it is called), or undefined when the owner may not have it. Given back as
   * `unused` it is anybody's again.
   */
  take(owner: object, device: string): GiveBack | undefined;
}

export type GiveBack = (unused?: "unused") => void;

export function createClaims(): Claims {
  const taken = new Set<string>();
  /** The device that each owner had last. */
  const last = new Map<object, string>();

  function mayTake(owner: object, device: string): boolean {
    if (taken.has(device)) return false;
    for (const [other, its] of last) if (other !== owner && its === device) return false;
    return true;
  }

  return {
    mayTake,
    take(owner, device) {
      if (!mayTake(owner, device)) return undefined;
      taken.add(device);
      last.set(owner, device);
      let isOurs = true;
      return (unused) => {
        if (!isOurs) return;
        isOurs = false;
        taken.delete(device);
        if (unused !== undefined) last.delete(owner);
      };
    },
  };
}
