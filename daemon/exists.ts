import { stat } from "node:fs/promises";

/** Whether something is there that can be looked at, a link's target included. */
export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
