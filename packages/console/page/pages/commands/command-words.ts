/** What on call can ask of a handler, and what it is for. */
export const commandWords = {
  pause: { verb: "Pause", about: "It takes no new events. They wait, in order, and lag grows." },
  resume: { verb: "Resume", about: "It goes on where it stands." },
  limit: { verb: "Limit", about: "It takes so many events a second, and no more." },
} as const;

export type CommandKind = keyof typeof commandWords;

export const lengths = {
  "": "until somebody ends it",
  "30": "for 30 minutes",
  "120": "for 2 hours",
  "1440": "for a day",
} as const;
export type Length = keyof typeof lengths;
