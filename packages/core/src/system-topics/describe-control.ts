import type { ControlAnnouncement } from "./announcement.ts";

type Described = Pick<ControlAnnouncement, "kind" | "subject" | "tenant" | "perSecond" | "reason" | "by" | "untilMs">;

/** A control as a sentence: what it does, who asked for it, why, and until when. */
export function describeControl(control: Described, handler: string | null): string {
  const whose = handler === null ? "every handler" : `handler "${handler}"`;
  const until = control.untilMs === null ? "" : ` until ${new Date(control.untilMs).toISOString()}`;
  const why = control.reason === null ? "" : `: ${control.reason}`;
  return `${what(control, whose)} by ${control.by}${until}${why}`;
}

function what({ kind, subject, tenant, perSecond }: Described, whose: string): string {
  if (kind === "pause") return `${whose} is paused`;
  if (kind === "limit") return `${whose} is limited to ${perSecond} events a second`;
  return `${heldText({ subject, tenant })} is held for ${whose}`;
}

/** What a hold holds. */
export function heldText({ subject, tenant }: { subject: string | null; tenant: string | null }): string {
  return subject === null ? `tenant "${tenant}"` : `subject "${subject}"`;
}
