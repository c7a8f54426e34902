import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { requireRight } from "../../access/actor.ts";
import { serviceInQuery } from "../asked-services.ts";
import type { ControlRoutes } from "../control-app.ts";
import { judgedGroups } from "../judged-groups.ts";
import { List } from "../schemas/nullable.ts";
import { FailureFilterQuery, FailureGroupView, FailurePageView } from "../schemas/failure-schemas.ts";

const ofService = { right: "read", service: serviceInQuery } as const;

const tenant = {
  tenantId: Type.Optional(Type.String({ description: "Only groups that this tenant has unanswered failures of, and how many." })),
};

const GroupQuery = Type.Object(
  {
    ...tenant,
    service: Type.Optional(Type.String()),
    handler: Type.Optional(Type.String()),
    open: Type.Boolean({ default: true, description: "Only groups with failures that nobody has answered." }),
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 500 }),
  },
  { additionalProperties: false },
);

const FailuresQuery = Type.Object(
  {
    ...FailureFilterQuery,
    limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
    cursor: Type.Optional(Type.String({ pattern: "^\\d+\\.\\d+$" })),
  },
  { additionalProperties: false },
);

/** Failed events, by their cause and one by one. */
export const failureRoutes: ControlRoutes = (app, parts) => {
  const { index } = parts;
  app.get(
    "/failure-groups",
    {
      config: ofService,
      schema: {
        tags: ["failures"],
        summary: "Failed events grouped by their cause, those with most open ones first",
        querystring: GroupQuery,
        response: { 200: Type.Object({ items: List(FailureGroupView) }, { $id: "FailureGroups" }) },
      },
    },
    async ({ query: { open, ...query } }) => ({
      items: await judgedGroups(parts, await index.failureGroups({ ...query, openOnly: open })),
    }),
  );

  app.get(
    "/failure-groups/:fingerprint",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["failures"],
        summary: "One group",
        params: Type.Object({ fingerprint: Type.String() }),
        querystring: Type.Object(tenant, { additionalProperties: false }),
        response: { 200: FailureGroupView },
      },
    },
    async ({ actor, params: { fingerprint }, query }) => {
      const [group] = await judgedGroups(parts, await index.failureGroups({ fingerprint, limit: 1, ...query }));
      if (group === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `group of failures "${fingerprint}"`,
          hint: "/failure-groups lists them",
        });
      requireRight(actor, "read", [group.service]);
      return group;
    },
  );

  app.get(
    "/failures",
    {
      config: ofService,
      schema: {
        tags: ["failures"],
        summary: "Failed events, newest first",
        querystring: FailuresQuery,
        response: { 200: FailurePageView },
      },
    },
    async ({ query }) => {
      const { failures, cursor } = await index.failures(query);
      return { items: failures, next: cursor };
    },
  );
};
