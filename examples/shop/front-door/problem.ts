import type { FastifyInstance } from "fastify";
import type { z } from "zod";

export interface FieldProblem {
  readonly pointer: string;
  readonly message: string;
}

/** An error with the HTTP status to answer with; it becomes a problem body as RFC 9457 has it. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly problems: readonly FieldProblem[];

  constructor(status: number, title: string, detail: string, problems: readonly FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.title = title;
    this.problems = problems;
  }
}

/** The body in the shape of `schema`; otherwise a 400 that names each wrong field by its JSON pointer. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join("/")}`, message: issue.message }));
  throw new Problem(
    400,
    "the body is not as expected",
    problems.map(({ pointer, message }) => `${pointer}: ${message}`).join("; "),
    problems,
  );
}

/** Answers every error as `application/problem+json`; `translate` may turn errors of other kinds into a `Problem` first. */
export function answerProblems(app: FastifyInstance, translate: (error: unknown) => unknown = (error) => error): void {
  app.setErrorHandler(async (cause, _request, reply) => {
    const error = translate(cause);
    const { statusCode = 500, message } = cause as { statusCode?: number; message: string };
    const problem =
      error instanceof Problem ? error : new Problem(statusCode, statusCode < 500 ? "bad request" : "internal error", message);
    const { status, title, problems } = problem;
    return reply
      .code(status)
      .type("application/problem+json")
      .send({ type: "about:blank", title, status, detail: problem.message, problems });
  });
}
