import Type from "typebox";
import { asyncApiOf } from "../../catalogue/asyncapi.ts";
import { catalogueOf, type EventType } from "../../catalogue/catalogue.ts";
import { schemaFields } from "../../catalogue/schema-fields.ts";
import { versionDiffs } from "../../catalogue/version-diffs.ts";
import { xRegistryOf } from "../../catalogue/xregistry.ts";
import { controlError } from "../../errors/catalogue.ts";
import { recordAt } from "../../failures/whole-failure.ts";
import { KnownContracts } from "../../payload/known-contracts.ts";
import { shownPayload } from "../../payload/shown-payload.ts";
import { seenEvent } from "../../reading/seen-event.ts";
import type { ControlRoutes } from "../control-app.ts";
import { indexBlind } from "../index-blind.ts";
import { CatalogueView, EventTypeView } from "../schemas/catalogue-schemas.ts";
import { serviceFacts } from "../service-facts.ts";

const reading = { right: "read" } as const;
const windowMs = 15 * 60_000;
const AnyDocument = Type.Unsafe<Record<string, unknown>>({ type: "object", additionalProperties: true });

/** What events there are, who publishes and reads them, and whether what came is what was declared. */
export const catalogueRoutes: ControlRoutes = (app, parts) => {
  const { index, log, surroundings, compatibility, writtenData } = parts;

  const all = async (): Promise<EventType[]> => {
    const { services } = await serviceFacts(parts);
    const [contracts, seen, traffic] = await Promise.all([
      index.contracts(),
      index.typesSeen(),
      index.traffic(surroundings.clock.now() - windowMs),
    ]);
    return catalogueOf({ services, contracts, seen, traffic, windowMs });
  };

  /** The newest event as anybody may see it: what contracts mark personal is masked, whoever asks. */
  const exampleOf = async ({ type, last }: EventType) => {
    const record = last === null ? null : await recordAt(log, last);
    const event = record === null ? null : seenEvent(record);
    if (record === null || event?.type !== type) return null;
    const terms = {
      contracts: KnownContracts.of(await index.contracts()),
      unmasked: false,
      written: await writtenData.read(record),
    };
    const { topic, partition, offset, timestampMs } = record;
    return { key: `${topic}/${partition}/${offset}`, timestampMs, payload: shownPayload(record, event, terms) };
  };

  app.get(
    "/catalogue",
    {
      config: reading,
      schema: {
        tags: ["catalogue"],
        summary: "Every type of event that is declared, or came",
        response: { 200: CatalogueView },
      },
    },
    async () => ({ items: (await all()).map(({ last: _, ...type }) => type), blind: await indexBlind(parts) }),
  );

  app.get(
    "/catalogue/asyncapi.json",
    {
      config: reading,
      schema: { tags: ["catalogue"], summary: "The catalogue as an AsyncAPI 3.0 document", response: { 200: AnyDocument } },
    },
    async () => asyncApiOf(await all()),
  );

  app.get(
    "/catalogue/xregistry.json",
    {
      config: reading,
      schema: { tags: ["catalogue"], summary: "The catalogue as a CloudEvents registry", response: { 200: AnyDocument } },
    },
    async () => xRegistryOf(await all()),
  );

  app.get(
    "/catalogue/:type",
    {
      config: reading,
      schema: {
        tags: ["catalogue"],
        summary: "One type of event: its versions and their differences, who reads which of its fields, and an example",
        params: Type.Object({ type: Type.String({ minLength: 1 }) }),
        response: { 200: EventTypeView },
      },
    },
    async ({ params }) => {
      const found = (await all()).find(({ type }) => type === params.type);
      if (found === undefined)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `type of event "${params.type}"`,
          hint: "/catalogue lists those that are declared, or came",
        });
      const { versions, last: _, ...type } = found;
      return {
        ...type,
        versions: versions.map(({ contract, ...version }) => {
          const { stream, subject, tenant, personal = null, encoding, schema } = contract;
          const writtenAs = encoding == null ? ("JSON" as const) : encoding.schemaType;
          return { ...version, stream, subject, tenant, personal, writtenAs, fields: schemaFields(schema), schema };
        }),
        diffs: versionDiffs(versions, compatibility),
        example: await exampleOf(found),
        blind: await indexBlind(parts),
      };
    },
  );
};
