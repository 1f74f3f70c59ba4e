/** Protocol versions this build speaks. A client offers a range in `session.hello`; the highest common one is used. */
export const protocolVersions = { min: 1, max: 1 } as const;
