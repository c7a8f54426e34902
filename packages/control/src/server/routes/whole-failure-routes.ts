import { decodeEvent } from "throughline";
import type { Attempt, LogRecord } from "throughline/seams";
import Type from "typebox";
import { controlError } from "../../errors/catalogue.ts";
import { requireRight } from "../../access/actor.ts";
import type { IndexedFailure } from "../../failures/indexed-failure.ts";
import { readLoggedFailure } from "../../failures/whole-failure.ts";
import { KnownContracts } from "../../payload/known-contracts.ts";
import { bytesView, headersView, payloadView } from "../../payload/payload-view.ts";
import { shownPayload } from "../../payload/shown-payload.ts";
import { readOrSkip } from "../../reading/read-or-skip.ts";
import type { ControlRoutes } from "../control-app.ts";
import { judgedBy } from "../judged-by.ts";
import { judgedGroups } from "../judged-groups.ts";
import { unmaskedFor, unmaskedQuery } from "../payload-access.ts";
import { answerBytes } from "../raw-payload.ts";
import { WholeFailureView } from "../schemas/failure-schemas.ts";

const aFailure = Type.Object({ id: Type.String({ minLength: 1 }) });
const waitingShown = 50;
const nothing = { value: null, headers: [] };

/** One failed event with all that the log has of it. */
export const wholeFailureRoutes: ControlRoutes = (app, parts) => {
  const { index, log, writtenData: reader } = parts;
  const one = async (failureId: string): Promise<IndexedFailure> => {
    const found = await index.failure(failureId);
    if (found === null)
      throw controlError("CONTROL_NOT_FOUND", { what: `failure "${failureId}"`, hint: "/failures lists those there are" });
    return found;
  };

  app.get(
    "/failures/:id",
    {
      config: { right: "read", service: "each" },
      schema: {
        tags: ["failures"],
        summary: "One failed event, whole: error, attempts, payload, headers, and what waits behind it",
        params: aFailure,
        querystring: Type.Object(unmaskedQuery, { additionalProperties: false }),
        response: { 200: WholeFailureView },
      },
    },
    async (request) => {
      const failure = await one(request.params.id);
      const { service, handler, type } = failure;
      requireRight(request.actor, "read", [service]);
      const unmasked = unmaskedFor(request, request.query.unmasked, service);
      const { letter, original, isOriginThere, gone } = await readLoggedFailure(log, failure);
      const contracts = KnownContracts.of(await index.contracts());
      const event = original === null ? null : readOrSkip(() => decodeEvent(original));
      const dataVersion = event?.dataVersion ?? null;
      const personal = type === null ? null : contracts.personalPaths(type, dataVersion);
      const data = original === null ? null : await reader.read(original);
      const owners = await index.announcements();
      const [group] = await judgedGroups(parts, await index.failureGroups({ fingerprint: failure.group, limit: 1 }));
      return {
        failure,
        owner: owners.findLast((each) => each.service === service)?.owner ?? null,
        error: letter?.error ?? { ...failure.error, stack: null },
        attempts: attemptsView(letter?.attempts ?? []),
        key: event === null && !unmasked ? null : bytesView(original?.key ?? null),
        headers: headersView(original?.headers ?? [], personal !== null || unmasked),
        traceparent: event?.traceparent ?? null,
        payload:
          original === null
            ? lostPayload
            : shownPayload(original, type === null ? null : { type, dataVersion }, { contracts, unmasked, written: data }),
        contract: judgedBy(contracts, { type, dataVersion }, original, data === null ? null : { data, reader }, {
          service,
          handler,
        }),
        flow: failure.correlationId ?? failure.eventId,
        waiting: await index.waitingBehind(failure, waitingShown),
        runsNow: group?.runsNow ?? null,
        isOriginThere,
        gone,
      };
    },
  );

  app.get(
    "/failures/:id/payload",
    {
      config: { right: "payload", service: "each" },
      schema: {
        tags: ["failures"],
        summary: "The untouched bytes of what failed",
        params: aFailure,
        response: { 200: Type.Unsafe<Buffer>({ type: "string", format: "binary" }), 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const failure = await one(request.params.id);
      unmaskedFor(request, true, failure.service);
      const { original } = await readLoggedFailure(log, failure);
      if (original === null)
        throw controlError("CONTROL_NOT_FOUND", {
          what: `payload of failure "${failure.failureId}" in the log any more`,
          hint: "retention removed it; the store of the service may still hold it",
        });
      return answerBytes(reply, original satisfies LogRecord, `${failure.failureId}.bin`);
    },
  );
};

/** Anybody may write to a topic of dead letters: what is no attempt is left out. */
const attemptsView = (attempts: readonly (Partial<Attempt> | null)[]) =>
  attempts.flatMap((attempt) => {
    const { startedAtMs, endedAtMs, instance, version, error } = attempt ?? {};
    return typeof startedAtMs === "number" && typeof instance === "string" && typeof version === "string"
      ? [{ startedAtMs, endedAtMs: typeof endedAtMs === "number" ? endedAtMs : null, instance, version, error: detailOf(error) }]
      : [];
  });

function detailOf(error: Attempt["error"] | undefined): Attempt["error"] {
  if (error === null || typeof error !== "object") return null;
  const textOr = <T>(value: unknown, other: T): string | T => (typeof value === "string" ? value : other);
  const { name, code, message, stack } = error;
  return { name: textOr(name, "Error"), code: textOr(code, null), message: textOr(message, ""), stack: textOr(stack, null) };
}

const lostPayload = { ...payloadView(nothing, { personal: [], unmasked: false }), note: "the log has it no more" };
