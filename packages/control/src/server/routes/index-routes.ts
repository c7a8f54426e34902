import Type from "typebox";
import { whyBlind } from "../../flow/index-flows.ts";
import type { ControlRoutes } from "../control-app.ts";
import { NullableNumber, NullableText } from "../schemas/nullable.ts";

const reading = { right: "read", service: "each" } as const;

const IndexView = Type.Object(
  {
    blind: NullableText,
    behind: Type.Integer({ description: "Records of the log that are not indexed yet." }),
    lookedAtMs: NullableNumber,
    partitions: Type.Integer(),
    records: Type.Integer(),
    undecodable: Type.Integer(),
    lost: Type.Integer({ description: "Records that were gone before they were indexed." }),
    problem: NullableText,
  },
  { $id: "IndexState" },
);

/** How far the index is. */
export const indexRoutes: ControlRoutes = (app, { index, surroundings }) => {
  app.get(
    "/index",
    { config: reading, schema: { tags: ["index"], summary: "How far the index of the log is", response: { 200: IndexView } } },
    async () => {
      const positions = (await index.positions()).filter(({ isGone }) => !isGone);
      const sum = (part: (position: (typeof positions)[number]) => number): number =>
        positions.reduce((total, position) => total + part(position), 0);
      const lookedAtMs = positions.reduce((latest, position) => Math.max(latest, position.lookedAtMs), 0);
      return {
        blind: whyBlind(positions, surroundings.clock.now()),
        behind: sum(({ nextOffset, endOffset }) => Math.max(0, endOffset - nextOffset)),
        lookedAtMs: positions.length === 0 ? null : lookedAtMs,
        partitions: positions.length,
        records: sum(({ nextOffset }) => nextOffset),
        undecodable: sum(({ undecodable }) => undecodable),
        lost: sum(({ lost }) => lost),
        problem: positions.find(({ problem }) => problem !== null)?.problem ?? null,
      };
    },
  );
};
