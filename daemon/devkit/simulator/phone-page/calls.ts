import type { ScanShown, SimulatorState, TapShown } from "../shown.ts";

/** Calls `shown` with every state of the simulator, and `lost` while it cannot be reached. Reconnects by itself. */
export function watch(shown: (state: SimulatorState) => void, lost: () => void): void {
  const events = new EventSource("/simulator/events");
  events.addEventListener("state", (event: MessageEvent<string>) => {
    // The page and the simulator that serves it are of the same build.
    shown(JSON.parse(event.data) as SimulatorState);
  });
  events.addEventListener("error", lost);
}

/** The camera reads a code. */
export function scan(phoneNumber: string, content: string): Promise<ScanShown> {
  return post<ScanShown>("/simulator/phone/scan", { phoneNumber, content });
}

/** A tap on one of the two large buttons. */
export function tap(answer: "approve" | "refuse", reference: string, phoneNumber: string): Promise<TapShown> {
  return post<TapShown>(`/simulator/phone/${answer}`, { reference, phoneNumber });
}

/** What others do in the shop's portal. Answers why it was refused, or nothing. */
export async function actInPortal(
  does: "capture" | "cancel" | "refund",
  reference: string,
  amountMinor?: number,
): Promise<string | undefined> {
  const answer = await fetch(`/simulator/portal/${does}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ reference, ...(amountMinor !== undefined && { amountMinor }) }),
  });
  if (answer.ok) return undefined;
  // A problem document of the platform's.
  const { title, detail } = (await answer.json()) as { title?: string; detail?: string };
  return detail ?? title ?? "Refused.";
}

async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status}.`);
  return (await answer.json()) as Answer;
}
