/** The system's or a library's code for what went wrong, such as `ENOENT` or `SQLITE_FULL`; "unknown" for an error that has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
