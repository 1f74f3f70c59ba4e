import manifest from "../package.json" with { type: "json" };

/** Tillbridge's version, such as "1.2.0". The bundler writes it into the program. */
export const version: string = manifest.version;

/** The versions of Node that Tillbridge is tested with, such as ">=24.21 <25". */
export const nodeRange: string = manifest.engines.node;
