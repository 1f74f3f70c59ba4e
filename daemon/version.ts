import manifest from "../package.json" with { type: "json" };

/** Tillbridge's version, such as "1.2.0". The bundler writes it into the program. */
export const version: string = manifest.version;
