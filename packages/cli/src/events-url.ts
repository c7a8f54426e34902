/** The event log when nothing names another: the one that `throughline dev` runs services on. */
export const defaultEventsUrl = "sqlite:./data/events.db";
