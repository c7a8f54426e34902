export type LiveState = "connecting" | "live" | "lost";

export interface LiveListeners {
  /** By the event's name; each gets what it holds. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  readonly tell: (state: LiveState) => void;
}

/** As long as a browser waits by itself. */
const againAfterMs = 3_000;

/**
 * Listens to server-sent events until what it answers is called. A browser connects again by itself after a break, but gives up for good
 * where something answers with an error: a proxy while the control plane starts again, or the control plane when a session is over.
 */
export function openLive(url: string, { on, tell }: LiveListeners): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = (): void => {
    source = new EventSource(url);
    source.addEventListener("open", () => tell("live"));
    source.addEventListener("error", () => {
      tell("lost");
      if (source.readyState === 2) timer = setTimeout(connect, againAfterMs);
    });
    for (const [event, listener] of Object.entries(on))
      source.addEventListener(event, (told: Event) => listener(JSON.parse(String((told as MessageEvent).data))));
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
