/**
 * Whether the browser lets this page talk to programs on this computer. Newer browsers ask the person first (Local Network Access);
 * until then, and after a no, a socket fails as if no program were there.
 */
export type LocalNetwork = "granted" | "prompt" | "denied";

interface PermissionStatus {
  /** As of now: the browser keeps it up to date. */
  readonly state: LocalNetwork;
  addEventListener(event: "change", listener: () => void): void;
}
interface Permissions {
  query(wish: { readonly name: string }): Promise<PermissionStatus>;
}

/** The permission's name, in the order in which browsers came to call it so. */
const names = ["loopback-network", "local-network-access"];

/**
 * Returns what gives the state as of now; undefined where no browser asks: older browsers, Node, and pages of this computer, of which a
 * browser says `prompt` though it holds none of them back. The browser is asked once, when it is needed first. `changed` is called
 * when the person has decided.
 */
export function watchLocalNetwork(changed: () => void): () => Promise<LocalNetwork | undefined> {
  let asked: Promise<PermissionStatus | undefined> | undefined;
  return async () => {
    asked ??= isOfThisComputer() ? Promise.resolve(undefined) : askBrowser(changed);
    return (await asked)?.state;
  };
}

function isOfThisComputer(): boolean {
  // Node has no such thing.
  const { location } = globalThis as { readonly location?: { readonly hostname: string } };
  return location !== undefined && /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
}

async function askBrowser(changed: () => void): Promise<PermissionStatus | undefined> {
  // Neither Node's types nor all browsers know it.
  const { navigator } = globalThis as { readonly navigator?: { readonly permissions?: Permissions } };
  for (const name of names) {
    try {
      const status = await navigator?.permissions?.query({ name });
      status?.addEventListener("change", changed);
      return status;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}
