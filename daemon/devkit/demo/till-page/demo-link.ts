/** What the demo tells its page: where the daemon is, and what stands on the counter. */
export interface DemoView {
  readonly shop: string;
  readonly daemonUrl: string;
  readonly token: string;
  readonly phoneUrl: string;
  readonly power: "on" | "off";
  /** The text of the sticker on the counter, and the number printed below its code. */
  readonly sticker: { readonly content: string; readonly id: string };
  /** The customer whose phone is shown at first. */
  readonly phoneNumber: string;
}

/** A till of somebody else's, which this page is tried with. */
type Elsewhere = Pick<DemoView, "daemonUrl" | "token">;
const elsewhereKey = "tillbridge-demo-elsewhere";

/** Another till than the demo's from now on, kept as a POS keeps where its till is. True when the page begins anew for it, with nothing kept. */
export function settleElsewhere({ url, token }: { readonly url: string; readonly token: string }): boolean {
  const elsewhere = JSON.stringify({ daemonUrl: url, token });
  if (localStorage.getItem(elsewhereKey) === elsewhere) return false;
  localStorage.setItem(elsewhereKey, elsewhere);
  location.reload();
  return true;
}

/** Where the demo stands now. */
export async function readDemo(): Promise<DemoView> {
  const outside = await askDemo();
  // Only this page writes there.
  const elsewhere = JSON.parse(localStorage.getItem(elsewhereKey) ?? "null") as Elsewhere | null;
  return elsewhere ? { ...outside, ...elsewhere, power: "on", shop: elsewhere.daemonUrl } : outside;
}

async function askDemo(): Promise<DemoView> {
  const answer = await fetch("/demo/outside", { cache: "no-store" });
  if (!answer.ok) throw new Error(`The demo answered ${answer.status}.`);
  // The page and the demo that serves it are of the same build.
  return (await answer.json()) as DemoView;
}

/** The virtual scanner reads something: text goes down the serial line to the daemon. False when the scanner has no power. */
export function scan(
  what: { readonly ean: string } | { readonly sticker: true } | { readonly phoneNumber: string },
): Promise<boolean> {
  return post("/demo/scan", what);
}

/** Pulls the plug (the daemon is killed on the spot) or puts it in again. */
export function power(on: boolean): Promise<boolean> {
  return post("/demo/power", { on });
}

/** Calls `chosen` whenever the phone beside the till becomes another customer's. */
export function watchPhone({ phoneUrl }: DemoView, chosen: (phoneNumber: string) => void): void {
  const { origin } = new URL(phoneUrl);
  addEventListener("message", (event: MessageEvent<{ readonly phoneNumber?: unknown } | null>) => {
    const phoneNumber = event.origin === origin ? event.data?.phoneNumber : undefined;
    if (typeof phoneNumber === "string") chosen(phoneNumber);
  });
}

async function post(path: string, body: unknown): Promise<boolean> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.ok;
}
