import { readFile } from "node:fs/promises";
import { ListenError } from "./listen.ts";

/** A certificate and its key, as PEM texts. Throws `ListenError` when the files cannot be read or do not belong together. */
export async function readTls(
  files: { readonly certificate: string; readonly key: string } | undefined,
  setting: string,
): Promise<{ cert: string; key: string } | undefined> {
  if (!files) return undefined;
  const { createSecureContext } = await import("node:tls");
  try {
    const cert = await readFile(files.certificate, "utf8");
    const key = await readFile(files.key, "utf8");
    if (cert.trim() === "" || key.trim() === "") throw new Error("empty");
    createSecureContext({ cert, key });
    return { cert, key };
  } catch {
    throw new ListenError(`the certificate and key that ${setting} names cannot be read, or do not belong together`);
  }
}
