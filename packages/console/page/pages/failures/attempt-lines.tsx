import type { Failure } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Section } from "../../parts/page.tsx";
import { LogLines } from "../logs/log-lines.tsx";
import { LogLinesMissing } from "../logs/log-lines-missing.tsx";

interface AttemptLinesProps {
  readonly flow: string;
  readonly eventId: string;
  readonly failure: Pick<Failure, "service" | "handler">;
  /** How many there were: the lines of the last one are what is looked for. */
  readonly attempts: number;
}

/** What the handler logged, attempt by attempt. */
export function AttemptLines({ flow, eventId, failure: { service, handler }, attempts }: AttemptLinesProps) {
  const query = { event: eventId, service, handler, limit: 1_000 };
  const answer = useApi("/flows/{id}/logs", { path: { id: flow }, query });
  return (
    <Section title="Log lines" about="what the handler logged at each attempt">
      <Answer of={answer}>
        {(logs) => (
          <>
            {[...Map.groupBy(logs.items, ({ attempt }) => attempt ?? null)].map(([attempt, lines]) => (
              <div key={attempt}>
                <LogLines
                  of={lines}
                  about={attempt === null ? "no attempt" : `attempt ${attempt}`}
                  isOpen={attempt === null || attempt >= attempts}
                />
              </div>
            ))}
            {logs.items.length === 0 && logs.services.some(({ ships }) => ships === "yes") && (
              <p className="soft">It logged nothing, or its lines are gone: they are kept for a week.</p>
            )}
            <LogLinesMissing of={logs} />
          </>
        )}
      </Answer>
    </Section>
  );
}
