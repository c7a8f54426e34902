import type { WholeFailure } from "../../api/answers.ts";
import { Section } from "../../parts/page.tsx";
import { count, counted } from "../../parts/say-number.ts";
import { Time } from "../../parts/time.tsx";

/** Later events of the same subject, which its handler does not take before this one is answered. */
export function WaitingBehind({ of: { waiting, failure } }: { readonly of: WholeFailure }) {
  if (waiting.count === 0)
    return (
      <Section title="Nothing waits behind it">
        <p className="soft">
          {failure.holdsSubject
            ? `No later event of ${failure.subject} has come.`
            : "Its handler takes later events of its subject all the same."}
        </p>
      </Section>
    );
  return (
    <Section
      title={`${counted(waiting.count, "event")} ${waiting.count === 1 ? "waits" : "wait"} behind it`}
      about={`of ${failure.subject}, in order`}
    >
      <ol className="timeline">
        {waiting.events.map((event) => (
          <li key={`${event.topic}/${event.partition}/${event.offset}`} className="event-row">
            <strong className="mono">{event.type}</strong>
            <span className="soft">
              {event.sequence !== null && `number ${event.sequence}, `}
              <Time at={event.timestampMs} />
            </span>
          </li>
        ))}
      </ol>
      {waiting.count > waiting.events.length && <p className="soft">and {count(waiting.count - waiting.events.length)} more</p>}
    </Section>
  );
}
