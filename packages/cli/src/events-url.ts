/** The event log when nothing names another: the one that `throughline dev` runs services on. */
export const defaultEventsUrl = "sqlite:./data/events.db";

/** A URL as it may be shown: without the user and the password in it. */
export const withoutSecret = (url: string): string => url.replace(/:\/\/.*@/, "://…@");
