/** What on call can ask of a service or a handler, and what it is for. */
export const commandWords = {
  pause: { verb: "Pause", about: "It takes no new events. They wait, in order, and lag grows." },
  resume: { verb: "Resume", about: "It goes on where it stands." },
  limit: { verb: "Limit", about: "It takes so many events a second, and no more." },
  unlimit: { verb: "Take the limit off", about: "It takes as many events as come." },
  hold: {
    verb: "Hold",
    about: "Events of one subject, or of one tenant, are parked, in order, until they are released. Everything else goes on.",
  },
  release: { verb: "Release", about: "What was held goes on: what is parked first, in its order." },
  "accept-loss": {
    verb: "Accept the loss",
    about:
      "Records are gone that it had not read. It goes on behind them and never handles them; what they were to do, somebody must do by hand. This cannot be taken back.",
  },
} as const;

export type CommandKind = keyof typeof commandWords;

export const lengths = {
  "": "until somebody ends it",
  "30": "for 30 minutes",
  "120": "for 2 hours",
  "1440": "for a day",
} as const;
export type Length = keyof typeof lengths;

/** What ends by itself when its time is over. */
export const takesLength = (command: CommandKind): boolean => command === "pause" || command === "limit" || command === "hold";

/** One subject or one tenant. */
export interface Held {
  readonly by: "subject" | "tenant";
  readonly name: string;
}

export const sayHeld = ({ by, name }: Held): string => `${by} ${name}`;
