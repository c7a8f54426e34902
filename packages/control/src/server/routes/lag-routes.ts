import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { isSilenced } from "../../lag/due-alerts.ts";
import { actorMay } from "../../access/actor.ts";
import { groupInPath } from "../asked-services.ts";
import type { ControlRoutes } from "../control-app.ts";
import { lagView } from "../lag-view.ts";
import { GroupRuleView, LagRulesView } from "../schemas/alert-schemas.ts";
import { Moment } from "../schemas/nullable.ts";
import { GroupLagView, HistoryView, LagView } from "../schemas/lag-schemas.ts";

const ofGroup = { right: "read", service: groupInPath } as const;

const aGroup = Type.Object({ group: Type.String({ minLength: 1 }) });

const HistoryQuery = Type.Object(
  { fromMs: Type.Optional(Moment()), toMs: Type.Optional(Moment()) },
  { additionalProperties: false },
);

const hourMs = 3_600_000;

/** How far every group on the log is behind, and what is too far. */
export const lagRoutes: ControlRoutes = (app, { index, lag, surroundings }) => {
  app.get(
    "/lag",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["lag"],
        summary: "Every consumer group on the log, the furthest behind first",
        response: { 200: LagView },
      },
    },
    async ({ actor }) =>
      lagView(lag.watcher, await index.announcements(), surroundings.clock.now(), (group) => actorMay(actor, "read", group)),
  );

  app.get(
    "/lag/:group",
    {
      config: ofGroup,
      schema: { tags: ["lag"], summary: "One group, by partition", params: aGroup, response: { 200: GroupLagView } },
    },
    async ({ params: { group } }) => {
      const found = lag.watcher.report?.groups.find((one) => one.group === group);
      if (found === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `consumer group "${group}" on the log`,
          hint: "/lag lists those there are",
        });
      return found;
    },
  );

  app.get(
    "/lag/:group/history",
    {
      config: ofGroup,
      schema: {
        tags: ["lag"],
        summary: "How far a group was behind, a point a minute; it stayed so until the next point",
        params: aGroup,
        querystring: HistoryQuery,
        response: { 200: HistoryView },
      },
    },
    async ({ params: { group }, query }) => {
      const toMs = query.toMs ?? surroundings.clock.now();
      const fromMs = query.fromMs ?? toMs - 6 * hourMs;
      return { points: await lag.store.history({ group, fromMs, toMs }) };
    },
  );

  app.get(
    "/lag-rules",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["lag"],
        summary: "When a group is too far behind and who is told: the default, and the rules of some groups",
        response: { 200: LagRulesView },
      },
    },
    async () => ({ default: lag.watcher.rules.default, groups: lag.watcher.rules.groups }),
  );

  app.get(
    "/lag-rules/:group",
    {
      config: ofGroup,
      schema: {
        tags: ["lag"],
        summary: "The rule that counts for a group, and what silences it now",
        params: aGroup,
        response: { 200: GroupRuleView },
      },
    },
    async ({ params: { group } }) => {
      const nowMs = surroundings.clock.now();
      const { rules } = lag.watcher;
      const silences = (await lag.store.silences(nowMs)).filter((silence) => isSilenced([silence], group, nowMs));
      return { group, pattern: rules.from(group)?.pattern ?? null, rule: rules.of(group), silences };
    },
  );
};
