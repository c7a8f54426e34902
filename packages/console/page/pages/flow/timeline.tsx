import { duration } from "../../parts/say-time.ts";
import { count, counted } from "../../parts/say-number.ts";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import type { FlowEvent, FlowHandler } from "./flow-event.ts";
import { outcomes, OutcomeStatus } from "./outcomes.tsx";

interface Scale {
  readonly fromMs: number;
  readonly spanMs: number;
}

/** Events by time, each with what its handlers made of it. */
export function Timeline({ events }: { readonly events: readonly FlowEvent[] }) {
  const ordered = events.toSorted((a, b) => a.timestampMs - b.timestampMs);
  const fromMs = ordered[0]?.timestampMs ?? 0;
  const last = Math.max(
    ...events.flatMap(({ timestampMs, handlers }) => [timestampMs, ...handlers.map((one) => one.handledAtMs ?? 0)]),
  );
  const scale = { fromMs, spanMs: Math.max(1, last - fromMs) };
  return (
    <ol className="timeline">
      {ordered.map((event) => (
        <li key={event.key} data-row={event.key}>
          <EventRow event={event} scale={scale} />
          {event.handlers.length === 0 ? (
            <p className="soft inset">No service says that it handles this type.</p>
          ) : (
            <ul>
              {event.handlers.map((handler) => (
                <HandlerRow key={`${handler.service}/${handler.handler}`} event={event} handler={handler} scale={scale} />
              ))}
            </ul>
          )}
        </li>
      ))}
    </ol>
  );
}

const EventRow = ({ event, scale }: { readonly event: FlowEvent; readonly scale: Scale }) => (
  <div className="event-row">
    <div>
      <Link className="opens mono" to={paths.event(event)}>
        <strong>{event.type}</strong>
      </Link>{" "}
      <span className="soft">
        from {event.source}
        {event.sequence !== null && `, number ${event.sequence} of ${event.subject}`}
        {event.records > 1 && `, ${event.records} records in the log`}
      </span>
    </div>
    <div className="soft row">
      <Time at={event.timestampMs} /> <span className="number">+{duration(event.timestampMs - scale.fromMs)}</span>
      <span className="mono">{event.key}</span>
    </div>
  </div>
);

interface HandlerRowProps {
  readonly event: FlowEvent;
  readonly handler: FlowHandler;
  readonly scale: Scale;
}

function HandlerRow({ event, handler, scale }: HandlerRowProps) {
  const { tone } = outcomes[handler.outcome];
  const key = `${event.key}/${handler.service}/${handler.handler}`;
  const toMs = handler.handledAtMs ?? event.timestampMs;
  const left = ((event.timestampMs - scale.fromMs) / scale.spanMs) * 100;
  const width = ((toMs - event.timestampMs) / scale.spanMs) * 100;
  return (
    <li id={encodeURIComponent(key)} className={`handler-row tone-${tone}`}>
      <span className="mono">
        {handler.service}/{handler.handler}
      </span>
      <OutcomeStatus of={handler.outcome} />
      <span className="bar" aria-hidden="true">
        <span style={{ left: `${left}%`, width: `max(3px, ${Math.max(0, width)}%)` }} />
      </span>
      <span className="soft">{facts(handler, event).join(" · ")}</span>
      {(handler.error !== null || handler.note !== null || handler.failureId !== null) && (
        <p className="because">
          {handler.error !== null && (
            <>
              {handler.error.code ?? handler.error.name}: {handler.error.message}
            </>
          )}
          {handler.note !== null && <span className="soft"> {handler.note}</span>}
          {handler.failureId !== null && (
            <>
              {" "}
              <Link to={paths.failure(handler.failureId)}>{tone === "bad" ? "See the failure" : "It had failed before"}</Link>
            </>
          )}
        </p>
      )}
    </li>
  );
}

function facts(
  { handledAtMs, durationMicros, waitedMs, retries, duplicates, version, dueAtMs }: FlowHandler,
  event: FlowEvent,
): string[] {
  return [
    ...(handledAtMs === null ? [] : [`after ${duration(Math.max(0, handledAtMs - event.timestampMs))}`]),
    ...(durationMicros === null ? [] : [`took ${duration(durationMicros / 1_000)}`]),
    ...(waitedMs === null || waitedMs < 1_000 ? [] : [`waited ${duration(waitedMs)}`]),
    ...(retries === 0 ? [] : [counted(retries, "retry", "retries")]),
    ...(duplicates === 0 ? [] : [`${count(duplicates)} times more, skipped`]),
    ...(dueAtMs === null ? [] : [`next try at ${new Date(dueAtMs).toLocaleTimeString("en-GB")}`]),
    ...(version === null ? [] : [`version ${version}`]),
  ];
}
