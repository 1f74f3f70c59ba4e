/** A key of Windows' registry. */
export interface RegistryKey {
  /** Data by name. */
  readonly values: ReadonlyMap<string, string>;
  /** Names of the keys just below it. */
  readonly keys: readonly string[];
}

/**
 * What `reg query KEY` prints: the key, if it has values, and below it `    1    REG_SZ    https://pos.example.com` (numbers as 0x2);
 * then the keys just below it, each with its whole path.
 */
export function keyIn(output: string): RegistryKey {
  const lines = output.split(/\r?\n/);
  const values = lines.flatMap((line) => {
    const [, name, data] = /^ {4}(.+?) {4}REG_\w+(?: {4}(.*))?$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, data ?? ""] as const];
  });
  const paths = lines.filter((line) => line.startsWith("HKEY_")).map((line) => line.trim());
  const own = Math.min(...paths.map(depthOf));
  const below = values.length > 0 ? paths.filter((path) => depthOf(path) > own) : paths;
  return { values: new Map(values), keys: below.map((path) => path.slice(path.lastIndexOf("\\") + 1)) };
}

function depthOf(path: string): number {
  return path.split("\\").length;
}
