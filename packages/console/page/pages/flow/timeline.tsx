import { duration } from "../../parts/say-time.ts";
import { count, counted } from "../../parts/say-number.ts";
import { Time } from "../../parts/time.tsx";
import { TraceId } from "../../parts/trace-id.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { LogLines } from "../logs/log-lines.tsx";
import { type Beside, eventRow, handlerRow } from "./beside.ts";
import type { FlowEvent, FlowHandler } from "./flow-event.ts";
import { outcomes, OutcomeStatus } from "./outcomes.tsx";

interface Scale {
  readonly fromMs: number;
  readonly spanMs: number;
}

interface TimelineProps {
  readonly events: readonly FlowEvent[];
  readonly beside: Beside;
}

/** Events by time, each with what its handlers made of it, and what they logged. */
export function Timeline({ events, beside }: TimelineProps) {
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
          <EventRow event={event} scale={scale} trace={beside.traces.get(event.key)} />
          <LogLines of={beside.lines.get(eventRow(event)) ?? []} about={event.type} fromMs={beside.fromMs} showService />
          {event.closedHandlers > 0 && (
            <p className="soft inset">{counted(event.closedHandlers, "handler")} of services that you may not see: closed.</p>
          )}
          {event.handlers.length === 0 && event.closedHandlers === 0 && (
            <p className="soft inset">No service says that it handles this type.</p>
          )}
          {event.handlers.length > 0 && (
            <ul>
              {event.handlers.map((handler) => (
                <HandlerRow
                  key={`${handler.service}/${handler.handler}`}
                  event={event}
                  handler={handler}
                  scale={scale}
                  beside={beside}
                />
              ))}
            </ul>
          )}
        </li>
      ))}
    </ol>
  );
}

interface EventRowProps {
  readonly event: FlowEvent;
  readonly scale: Scale;
  readonly trace: string | undefined;
}

const EventRow = ({ event, scale, trace }: EventRowProps) => (
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
      {trace !== undefined && <TraceId of={trace} about={`${event.type} ${event.key}`} />}
    </div>
  </div>
);

interface HandlerRowProps {
  readonly event: FlowEvent;
  readonly handler: FlowHandler;
  readonly scale: Scale;
  readonly beside: Beside;
}

function HandlerRow({ event, handler, scale, beside }: HandlerRowProps) {
  const { tone } = outcomes[handler.outcome];
  const key = `${event.key}/${handler.service}/${handler.handler}`;
  const lines = beside.lines.get(handlerRow(event, handler)) ?? [];
  // Its own, where it has one: without OpenTelemetry's SDK a handler goes on in its event's.
  const trace = lines.findLast(({ traceId }) => traceId !== undefined && traceId !== beside.traces.get(event.key))?.traceId;
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
      {(lines.length > 0 || trace !== undefined) && (
        <div className="beside">
          {trace !== undefined && <TraceId of={trace} about={`${handler.service}/${handler.handler}`} />}
          <LogLines
            of={lines}
            about={`${handler.service}/${handler.handler}`}
            isOpen={tone === "bad" || tone === "warn"}
            fromMs={beside.fromMs}
          />
        </div>
      )}
      {beside.logs?.services.some(({ service, ships }) => service === handler.service && ships === "no") === true && (
        <p className="soft beside">This service does not ship its log lines.</p>
      )}
    </li>
  );
}

function facts(
  { handledAtMs, durationMicros, waitedMs, retries, putOff, duplicates, version, dueAtMs }: FlowHandler,
  event: FlowEvent,
): string[] {
  return [
    ...(handledAtMs === null ? [] : [`after ${duration(Math.max(0, handledAtMs - event.timestampMs))}`]),
    ...(durationMicros === null ? [] : [`took ${duration(durationMicros / 1_000)}`]),
    ...(waitedMs === null || waitedMs < 1_000 ? [] : [`waited ${duration(waitedMs)}`]),
    ...(retries === 0 ? [] : [counted(retries, "retry", "retries")]),
    ...(putOff === 0 ? [] : [`put off ${counted(putOff, "time")}`]),
    ...(duplicates === 0 ? [] : [`${count(duplicates)} times more, skipped`]),
    ...(dueAtMs === null ? [] : [`next try at ${new Date(dueAtMs).toLocaleTimeString("en-GB")}`]),
    ...(version === null ? [] : [`version ${version}`]),
  ];
}
