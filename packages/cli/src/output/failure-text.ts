import type { Failure } from "../reading/failures.ts";
import { plainPaint, type Paint } from "./colours.ts";
import { formatAgo, formatTime } from "./durations.ts";
import { prettyValue } from "./exact-json.ts";
import { printableLine, printableText } from "./printable.ts";
import { renderTable } from "./table.ts";

interface TextOptions {
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

const errorLine = ({ letter: { error } }: Failure): string => `${error.code ?? error.name}: ${error.message}`;

export interface FailureGroup {
  readonly service: string;
  readonly handler: string;
  readonly type: string | null;
  readonly reason: string;
  readonly error: string;
  readonly count: number;
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly example: string;
}

/** Dead letters that fail alike: same consumer, type, reason and error; the most numerous first. Digits in a message do not tell them apart. */
export function groupFailures(failures: readonly Failure[]): FailureGroup[] {
  const groups = new Map<string, Failure[]>();
  for (const failure of failures) {
    const { service, handler, reason } = failure.letter;
    const key = JSON.stringify([
      service,
      handler,
      failure.event?.type,
      reason,
      errorLine(failure).replace(/[0-9a-f]*\d[0-9a-f]*/gi, "#"),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  return [...groups.values()]
    .map((alike) => {
      const last = alike.at(-1)!;
      const { service, handler, reason, failureId, failedAtMs } = last.letter;
      return {
        service,
        handler,
        type: last.event?.type ?? null,
        reason,
        error: errorLine(last),
        count: alike.length,
        oldestMs: alike[0]!.letter.failedAtMs,
        newestMs: failedAtMs,
        example: failureId,
      };
    })
    .toSorted((a, b) => b.count - a.count);
}

export function renderFailureGroups(
  groups: readonly FailureGroup[],
  short: ReadonlyMap<string, string>,
  options: TextOptions,
): string {
  return renderTable(
    [
      { title: "COUNT", align: "right" },
      { title: "CONSUMER" },
      { title: "EVENT" },
      { title: "REASON" },
      { title: "OLDEST" },
      { title: "NEWEST" },
      { title: "EXAMPLE" },
      { title: "ERROR", flexible: true },
    ],
    groups.map((group) => [
      group.count,
      `${group.service}/${group.handler}`,
      group.type,
      { text: group.reason, colour: "red" },
      formatAgo(group.oldestMs, options.nowMs),
      formatAgo(group.newestMs, options.nowMs),
      short.get(group.example) ?? group.example,
      group.error,
    ]),
    options,
  );
}

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
    paint("bold", "Error"),
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
        `  ${at + 1}. ${formatTime(attempt.startedAtMs)}  ${printableLine(`${attempt.instance} ${attempt.version}  ${attempt.error === null ? (attempt.endedAtMs === null ? "did not end" : "no error") : `${attempt.error.code ?? attempt.error.name}: ${attempt.error.message}`}`)}`,
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

/** What a person can do about a dead letter, by its reason. */
export function nextSteps({ letter, state }: Failure): string[] {
  if (state === "answered") return ["Nothing: it was answered."];
  const { failureId: id, service, handler, reason } = letter;
  const redrive = `throughline redrive ${id}`;
  const discard = `Or put it aside: throughline discard ${id} --reason "…"`;
  const edit = [
    `Save the payload: throughline failed ${id} --payload > event.json`,
    `Mend event.json, then: ${redrive} --edit event.json`,
  ];
  switch (reason) {
    case "undecodable":
    case "invalid":
      return ["The event itself is wrong: tell the team that publishes it.", ...edit, discard];
    case "unknown-version":
      return [`Deploy a version of ${service} that knows this version of the event, then: ${redrive}`, discard];
    case "gap":
      return [
        "An earlier event of its subject never came. If it comes after all, this one runs by itself.",
        `To go on without it, which declares it lost: ${redrive}`,
        discard,
      ];
    case "conflict":
      return [
        "Its number was given to another event: the publisher's store was restored or shared. Find out which is right.",
        `Then: ${redrive}`,
        discard,
      ];
    case "uncertain":
      return [
        `A call of ${handler} ended without an outcome, too long ago to repeat safely. Look at the other side whether it happened.`,
        `It did not: ${redrive}`,
        `It did: throughline discard ${id} --reason "…"`,
      ];
    case "crash":
      return [`The process died three times while ${handler} ran it. Mend ${service}, then: ${redrive}`, discard];
    default:
      return [`Mend what failed in ${service}, then: ${redrive}`, "If the event is wrong instead:", ...edit, discard];
  }
}
