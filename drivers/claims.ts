/**
 * Which device is whose, when the settings name no particular one: two scanners in the settings must never be the same one on the
 * counter. Shared by the drivers of one till.
 */
export interface Claims {
  /** Takes what nobody has; returns what gives it back, or undefined when it is taken. */
  take(identity: string): (() => void) | undefined;
  has(identity: string): boolean;
}

export function createClaims(): Claims {
  const taken = new Set<string>();
  return {
    take(identity) {
      if (taken.has(identity)) return undefined;
      taken.add(identity);
      return () => taken.delete(identity);
    },
    has: (identity) => taken.has(identity),
  };
}
