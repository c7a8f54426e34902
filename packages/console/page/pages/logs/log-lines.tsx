import type { AnswerOf } from "../../api/answers.ts";
import { count, counted } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Status, type Tone } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { type FieldTexts, fieldTexts } from "./log-fields.ts";

export type FlowLogs = AnswerOf<"/flows/{id}/logs">;
export type LogLine = FlowLogs["items"][number];
export type Level = LogLine["level"];

const tones: Readonly<Record<Level, Tone>> = {
  trace: "calm",
  debug: "calm",
  info: "calm",
  warn: "warn",
  error: "bad",
  fatal: "bad",
};

interface LogLinesProps {
  readonly of: readonly LogLine[];
  /** Whose lines they are, for those who do not see where they stand. */
  readonly about: string;
  readonly isOpen?: boolean;
  /** What happened first: times are told from there. */
  readonly fromMs?: number;
  /** Lines of several services. */
  readonly showService?: boolean;
}

/** Lines, folded. Nothing where there are none. */
export const LogLines = ({ of: lines, about, isOpen = false, fromMs, showService = false }: LogLinesProps) =>
  lines.length === 0 ? null : (
    <details className="log-lines" open={isOpen}>
      <summary>
        {counted(lines.length, "log line")} <span className="soft">{worst(lines)}</span>
        <span className="unseen"> of {about}</span>
      </summary>
      <ol aria-label={`Log lines of ${about}`}>
        {lines.map((line, at) => (
          <Line key={at} of={line} fromMs={fromMs} showService={showService} />
        ))}
      </ol>
    </details>
  );

function worst(lines: readonly LogLine[]): string {
  const bad = lines.filter(({ level }) => tones[level] === "bad").length;
  const warned = lines.filter(({ level }) => tones[level] === "warn").length;
  return [...(bad === 0 ? [] : [counted(bad, "error")]), ...(warned === 0 ? [] : [counted(warned, "warning")])].join(", ");
}

interface LineProps {
  readonly of: LogLine;
  readonly fromMs: number | undefined;
  readonly showService: boolean;
}

const Line = ({ of: line, fromMs, showService }: LineProps) => (
  <li className={`log-line tone-${tones[line.level]}`}>
    <span className="soft nowrap">
      <Time at={line.atMs} />
      {fromMs !== undefined && <span className="number"> {sayOffset(line.atMs - fromMs)}</span>}
    </span>
    <Status tone={tones[line.level]}>{line.level}</Status>
    <span className="log-text">
      {showService && <span className="mono soft">{line.service} </span>}
      {/* Whoever wrote it wrote what they liked: it is text, and nothing else. */}
      <bdi>{line.message}</bdi>
      <Marks of={line} />
      <Fields of={fieldTexts(line.fields)} />
    </span>
  </li>
);

const Fields = ({ of: { json, stack } }: { readonly of: FieldTexts }) => (
  <>
    {json !== null && (
      <pre className="log-fields" tabIndex={0} aria-label="Fields">
        {json}
      </pre>
    )}
    {stack !== null && (
      <pre className="log-fields" tabIndex={0} aria-label="Stack">
        {stack}
      </pre>
    )}
  </>
);

const sayOffset = (ms: number): string => `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms))}`;

const Marks = ({ of: { attempt, rolledBack, cut } }: { readonly of: LogLine }) => {
  const marks = [
    ...(attempt === undefined || attempt === 1 ? [] : [`attempt ${count(attempt)}`]),
    ...(rolledBack === true ? ["rolled back"] : []),
    ...(cut === true ? ["cut: too long"] : []),
  ];
  return marks.length === 0 ? null : <span className="soft"> ({marks.join(", ")})</span>;
};
