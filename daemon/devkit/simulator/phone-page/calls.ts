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

async function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status}.`);
  return (await answer.json()) as Answer;
}
