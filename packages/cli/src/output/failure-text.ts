import { type Failure, prettyValue } from "@throughline/control/reading";
import { plainPaint, type Paint } from "./colours.ts";
import { formatAgo, formatClock, formatTime } from "./durations.ts";
import { nextSteps } from "./next-steps.ts";
import { printableLine, printableText } from "./printable.ts";
import { renderTable } from "./table.ts";

export interface TextOptions {
  readonly nowMs: number;
  readonly paint?: Paint;
  readonly columns?: number | null;
}

/** Dead letters, one a line, newest first. `short` gives the id to show. */
export function renderFailures(failures: readonly Failure[], short: ReadonlyMap<string, string>, options: TextOptions): string {
  return renderTable(
    [
      { title: "ID" },
      { title: "WHEN" },
      { title: "CONSUMER" },
      { title: "EVENT" },
      { title: "SUBJECT", flexible: true },
      { title: "REASON" },
      { title: "TRIES", align: "right" },
      { title: "HELD", align: "right" },
      { title: "ERROR", flexible: true },
    ],
    failures.toReversed().map((failure) => [
      short.get(failure.letter.failureId) ?? failure.letter.failureId,
      formatAgo(failure.letter.failedAtMs, options.nowMs),
      `${failure.letter.service}/${failure.letter.handler}`,
      failure.event?.type ?? null,
      failure.event?.subject ?? null,
      {
        text:
          failure.state === "open"
            ? failure.letter.reason
            : `${failure.letter.reason} (${failure.state === "asked" ? `${failure.asked?.action} asked` : (failure.answer?.outcome ?? "answered")})`,
        colour: failure.state === "answered" ? "dim" : "red",
      },
      failure.letter.attempts.length,
      failure.heldFollowers,
      errorLine(failure),
    ]),
    options,
  );
}

/** An error in one line, by its code where it has one. */
export const errorLine = ({ letter: { error } }: Failure): string => `${error.code ?? error.name}: ${error.message}`;

/** One dead letter whole: what failed, how often, with which bytes, and what to do. */
export function renderFailure(failure: Failure, options: TextOptions): string {
  const paint = options.paint ?? plainPaint;
  const { letter, event, original } = failure;
  const facts: [string, string][] = [
    ["failure", letter.failureId],
    ["state", stateSentence(failure, options.nowMs)],
    [
      "consumer",
      `${letter.service}/${letter.handler}, version ${letter.serviceVersion}${letter.epoch > 1 ? `, epoch ${letter.epoch}` : ""}`,
    ],
    ["event", event === null ? "cannot be decoded" : `${event.type} ${event.id}`],
    ["subject", `${event?.subject ?? "–"}${event?.sequence == null ? "" : `, sequence ${event.sequence}`}`],
    ["correlation", event?.correlationId ?? "–"],
    [
      "record",
      `${letter.origin.topic}/${letter.origin.partition} offset ${letter.origin.offset}, ${formatTime(letter.origin.timestampMs)}`,
    ],
    ["failed", `${formatTime(letter.failedAtMs)} (${formatAgo(letter.failedAtMs, options.nowMs)}), reason ${letter.reason}`],
    [
      "followers",
      letter.holdsSubject
        ? `later events of its subject wait for it${failure.heldFollowers > 0 ? `: ${failure.heldFollowers} so far` : ""}`
        : "later events of its subject go on",
    ],
  ];
  const value = prettyValue(original.value);
  return [
    ...facts.map(([name, text]) => `${paint("dim", name.padEnd(12))}${printableLine(text)}`),
    "",
    paint("bold", letter.error.code === null ? "Error" : `Error ${printableLine(letter.error.code)}`),
    indent(
      paint(
        "red",
        printableText(
          letter.error.stack?.includes(letter.error.message) === true
            ? letter.error.stack
            : [errorLine(failure), letter.error.stack ?? ""].join("\n").trim(),
        ),
      ),
    ),
    "",
    paint("bold", `Attempts (${letter.attempts.length})`),
    ...letter.attempts.map(
      (attempt, at) =>
        `  ${at + 1}. ${formatClock(attempt.startedAtMs)}  ${printableLine(`${attempt.instance} ${attempt.version}  ${attempt.error === null ? (attempt.endedAtMs === null ? "did not end" : "no error") : `${attempt.error.code ?? attempt.error.name}: ${attempt.error.message}`}`)}`,
    ),
    "",
    paint("bold", "Headers"),
    ...original.headers.map(
      ([name, bytes]) => `  ${printableLine(`${name}: ${bytes === null ? "null" : Buffer.from(bytes).toString()}`)}`,
    ),
    "",
    paint("bold", value.kind === "base64" ? "Payload (base64)" : "Payload"),
    indent(printableText(value.text)),
    "",
    paint("bold", "What to do"),
    ...nextSteps(failure).map((step) => `  ${step}`),
  ].join("\n");
}

const indent = (text: string): string => text.replace(/^/gm, "  ");

function stateSentence({ state, asked, answer }: Failure, nowMs: number): string {
  if (state === "answered")
    return answer === null ? "answered: a rebuild read it again" : `answered: ${answer.outcome} ${formatAgo(answer.atMs, nowMs)}`;
  if (asked !== null) return `open; ${asked.action} asked ${formatAgo(asked.atMs, nowMs)} by ${asked.by}, no answer known`;
  return "open";
}
