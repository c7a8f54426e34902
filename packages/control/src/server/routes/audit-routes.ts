import type { AuditEntry, ControlAuditEntry } from "throughline/system-topics";
import Type from "typebox";
import { actorMay } from "../../access/actor.ts";
import type { ControlRoutes } from "../control-app.ts";
import { indexBlind } from "../index-blind.ts";
import { List, NullableText } from "../schemas/nullable.ts";

const AuditQuery = Type.Object(
  {
    service: Type.Optional(Type.String()),
    handler: Type.Optional(Type.String()),
    action: Type.Optional(Type.String({ description: "redrive, discard, pause, acknowledge, login, …" })),
    by: Type.Optional(Type.String()),
    failureId: Type.Optional(Type.String()),
    sinceMs: Type.Optional(Type.Number()),
    untilMs: Type.Optional(Type.Number()),
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.String({ pattern: "^-?[0-9]+([.][0-9]+)?~[0-9]+~[0-9]+$" })),
  },
  { additionalProperties: false },
);

const AuditEntryView = Type.Object(
  {
    atMs: Type.Number(),
    action: Type.String(),
    by: Type.String(),
    reason: NullableText,
    service: NullableText,
    handler: NullableText,
    about: Type.Union([Type.String(), Type.Null()], { description: "What it concerns, where that is no service." }),
    outcome: NullableText,
    detail: NullableText,
    id: NullableText,
    failureId: NullableText,
    jobId: NullableText,
  },
  { $id: "AuditEntry" },
);

/** Who came, and who may come, is for those who decide about it. */
const ofAccess = [
  "login",
  "login-failed",
  "logout",
  "end-session",
  "add-user",
  "change-user",
  "remove-user",
  "add-token",
  "remove-token",
];

/** Who asked for what, and what came of it: from `throughline.audit`. */
export const auditRoutes: ControlRoutes = (app, parts) => {
  app.get(
    "/audit",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["audit"],
        summary: "Who asked for what, newest first",
        querystring: AuditQuery,
        response: {
          200: Type.Object({ items: List(AuditEntryView), next: NullableText, blind: NullableText }, { $id: "AuditPage" }),
        },
      },
    },
    async ({ actor, query }) => {
      const { entries, cursor } = await parts.index.auditEntries({
        ...query,
        ...(actor.services === null ? {} : { services: actor.services }),
        ...(actorMay(actor, "admin") ? {} : { without: ofAccess }),
      });
      return { items: entries.map(entryView), next: cursor, blind: await indexBlind(parts) };
    },
  );
};

/** Anybody may write to the topic: what is no text is none. */
function entryView(entry: AuditEntry | ControlAuditEntry) {
  const found = entry as unknown as Readonly<Record<string, unknown>>;
  const text = (name: string): string | null => (typeof found[name] === "string" ? found[name] : null);
  return {
    atMs: entry.atMs,
    action: entry.action,
    by: entry.by,
    reason: text("reason"),
    service: text("service"),
    handler: text("handler"),
    about: text("about"),
    outcome: text("outcome"),
    detail: text("detail"),
    id: text("id"),
    failureId: text("failureId"),
    jobId: text("jobId"),
  };
}
