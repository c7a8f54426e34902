import { STATUS_CODES } from "node:http";
import { isThroughlineError } from "throughline";
import { accessStatuses } from "./access-statuses.ts";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";

/** A problem as RFC 9457 has it: `code` is the error's code in docs/reference/errors.md. */
export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    /** What is wrong where in the request: a JSON pointer and a sentence. */
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { $id: "Problem", description: "A problem (RFC 9457)." },
);
export type Problem = Static<typeof problemSchema>;

/** HTTP statuses of errors, known here and nowhere else. An error that is not named is the server's. */
const statuses: Readonly<Record<string, number>> = {
  ...accessStatuses,
  CONTROL_AMBIGUOUS: 409,
  CONTROL_AUDIT_UNWRITTEN: 503,
  CONTROL_ENDED: 409,
  CONTROL_CONFIRM_OVER: 409,
  CONTROL_DATABASE_AWAY: 503,
  CONTROL_COMMAND_REFUSED: 409,
  CONTROL_BUSY: 503,
  CONTROL_NOT_FOUND: 404,
  CONTROL_REPLAY_REFUSED: 409,
  REDRIVE_SELECTION_INVALID: 400,
  REDRIVE_TOO_MANY: 400,
  REDRIVE_TERMS_INVALID: 400,
  REDRIVE_NO_SUCH_JOB: 404,
  REDRIVE_EDIT_IMPOSSIBLE: 422,
  REDRIVE_SCHEMA_INVALID: 400,
  REHEARSAL_REPORT_INVALID: 422,
  REDRIVE_JOB_STATE: 409,
  REDRIVE_PLAN_EXPIRED: 410,
  CONTROL_REQUEST_INVALID: 400,
  LOG_UNAVAILABLE: 503,
};

interface Failed extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly { readonly instancePath: string; readonly message?: string; readonly params?: object }[];
  readonly validationContext?: string;
}

export function answerProblem(error: Failed, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request);
  if (problem.status >= 500) request.log.error(error);
  const { seconds } = (isThroughlineError(error) ? error.details : {}) as { readonly seconds?: number };
  if (problem.status === 429 && seconds !== undefined) reply.header("retry-after", seconds);
  return reply.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

export function notFoundProblem(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const detail = `nothing answers ${request.method} ${request.url.split("?")[0]}; /api/v1/openapi.json lists what does`;
  return reply
    .status(404)
    .type("application/problem+json")
    .send(JSON.stringify(problem(404, "CONTROL_NO_ROUTE", detail)));
}

function problemOf(error: Failed, request: FastifyRequest): Problem {
  if (error.validation !== undefined) {
    const where = error.validationContext ?? "request";
    const errors = error.validation.map(({ instancePath, message, params }) => ({
      pointer: `/${where}${instancePath}`,
      detail: `${message ?? "is not valid"}${named(params)}`,
    }));
    const first = errors[0]!;
    return { ...problem(400, "CONTROL_REQUEST_INVALID", `${first.pointer} ${first.detail}`), errors };
  }
  const { code } = error;
  if (isThroughlineError(error)) return problem(statuses[error.code] ?? 500, error.code, error.message);
  const status = error.statusCode ?? 500;
  if (status < 500) return problem(status, code ?? "CONTROL_REQUEST_INVALID", error.message);
  // What went wrong inside is for the log, not for whoever asked.
  return problem(500, "CONTROL_UNEXPECTED", `${request.method} failed inside; the log of the control plane tells why`);
}

const named = (params: object | undefined): string => {
  const { additionalProperty, allowedValues } = (params ?? {}) as { additionalProperty?: string; allowedValues?: unknown[] };
  if (additionalProperty !== undefined) return `: "${additionalProperty}"`;
  return allowedValues === undefined ? "" : `: ${allowedValues.join(", ")}`;
};

const problem = (status: number, code: string, detail: string): Problem => ({
  type: `https://throughline.dev/errors/${code}`,
  title: STATUS_CODES[status] ?? "Error",
  status,
  detail,
  code,
});
