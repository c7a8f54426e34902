import type { RedriveRequest } from "throughline/system-topics";
import type { Failure, ServicesSeen } from "@throughline/control/reading";
import type { Answer } from "@throughline/control/redrive";
import { plainPaint, type Colour, type Paint } from "./colours.ts";
import { renderTable } from "./table.ts";

/** What is going to be asked of which consumer. */
export interface PlanLine {
  readonly service: string;
  readonly handler: string;
  readonly count: number;
  /** Why the answer may take long; null when the service runs. */
  readonly absence: string | null;
}

export function planLines(failures: readonly Failure[], services: ServicesSeen): PlanLine[] {
  const counts = new Map<string, number>();
  for (const { letter } of failures) {
    const consumer = JSON.stringify([letter.service, letter.handler]);
    counts.set(consumer, (counts.get(consumer) ?? 0) + 1);
  }
  return [...counts].map(([consumer, count]) => {
    const [service, handler] = JSON.parse(consumer) as [string, string];
    return { service, handler, count, absence: services.absence(service)?.state ?? null };
  });
}

export const renderPlan = (lines: readonly PlanLine[]): string =>
  renderTable(
    [{ title: "CONSUMER" }, { title: "DEAD LETTERS", align: "right" }, { title: "SERVICE" }],
    lines.map(({ service, handler, count, absence }) => [
      `${service}/${handler}`,
      count,
      absence === null ? "running" : `${absence}: it answers when it runs`,
    ]),
  );

/** How a request ended: a receipt's outcome, or how far it is. */
export function outcomeOfAnswer({ receipt, heard }: Answer): string {
  if (receipt !== null) return receipt.outcome === "dead" ? "dead again" : receipt.outcome;
  return heard === null ? "unanswered" : heard.outcome === "retried" ? "failing" : "accepted";
}

const colours: Readonly<Record<string, Colour>> = {
  applied: "green",
  discarded: "green",
  stale: "green",
  duplicate: "yellow",
  "dead again": "red",
  refused: "red",
  failing: "red",
  unanswered: "yellow",
  accepted: "yellow",
};

export const succeeded = (answer: Answer): boolean =>
  ["applied", "duplicate", "stale", "discarded"].includes(answer.receipt?.outcome ?? "");

export function renderAnswers(
  answers: readonly Answer[],
  short: ReadonlyMap<string, string>,
  options: { paint?: Paint; columns?: number | null },
): string {
  return renderTable(
    [
      { title: "ID" },
      { title: "CONSUMER" },
      { title: "SUBJECT", flexible: true },
      { title: "OUTCOME" },
      { title: "WHY", flexible: true },
    ],
    answers.map((answer) => {
      const { request } = answer;
      const receipt = answer.receipt ?? answer.heard;
      const outcome = outcomeOfAnswer(answer);
      const why =
        receipt?.error == null
          ? whyOf(outcome, receipt?.reason)
          : `${receipt.error.code ?? receipt.error.name}: ${receipt.error.message}`;
      return [
        short.get(request.failureId) ?? request.failureId,
        `${request.service}/${request.handler}`,
        receipt?.event.subject ?? null,
        { text: outcome, colour: colours[outcome] ?? "dim" },
        why,
      ];
    }),
    { paint: options.paint ?? plainPaint, columns: options.columns ?? null },
  );
}

function whyOf(outcome: string, reason: string | undefined): string | null {
  if (outcome === "duplicate") return "it was applied before";
  if (outcome === "unanswered") return "no answer yet; the request stands";
  if (outcome === "accepted") return "it waits for its turn";
  return reason ?? null;
}

export const answerJson = (answer: Answer) => ({
  ...requestJson(answer.request),
  outcome: answer.receipt?.outcome ?? outcomeOfAnswer(answer),
  reason: answer.receipt?.reason ?? null,
  error: (answer.receipt ?? answer.heard)?.error ?? null,
  answeredAt: answer.receipt === null ? null : new Date(answer.receipt.atMs).toISOString(),
});

export const requestJson = ({ requestId, action, failureId, service, handler, editedValue }: RedriveRequest) => ({
  requestId,
  action,
  failureId,
  service,
  handler,
  edited: editedValue !== null,
});
