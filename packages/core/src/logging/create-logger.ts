import { hostname } from "node:os";
import { type DestinationStream, type Level, type Logger as PinoLogger, pino } from "pino";
import { currentCorrelation } from "../correlation/correlation-context.ts";
import { type LineTaker, ShippedDestination } from "./shipped-destination.ts";

/** A pino logger whose lines carry service, version, instance and, in a request or handler, correlation id and tenant. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly service: string;
  readonly version?: string;
  /** Default: `THROUGHLINE_INSTANCE`, else host name and process id. */
  readonly instance?: string;
  /** Default: `info`. */
  readonly level?: Level;
  /** Writes nothing at all; for tests. */
  readonly silent?: boolean;
  /** Anything with `write(line)`, a pino transport included. Default: standard output. */
  readonly destination?: DestinationStream;
  /** Milliseconds since 1970. Default: the wall clock. */
  readonly now?: () => number;
  /** Is given each line that is written, too. */
  readonly taker?: LineTaker | null;
}

const correlated = Symbol.for("throughline.correlated-logger");

/**
 * Creates a service's logger: one JSON object a line, with the names `level` (a word), `time` (milliseconds since 1970),
 * `service`, `version`, `instance`, `correlationId`, `tenantId` and `msg`. Errors under `err` become type, message and stack.
 * @example
 *   const log = createLogger({ service: "billing", version: "1.4.0" });
 *   log.info({ invoiceId }, "invoice created");
 */
export function createLogger(options: LoggerOptions): Logger {
  const { service, version, now = Date.now } = options;
  const instance = options.instance ?? process.env["THROUGHLINE_INSTANCE"] ?? `${hostname()}-${process.pid}`;
  const settings = {
    level: options.silent === true ? "silent" : (options.level ?? "info"),
    base: { service, ...(version === undefined ? {} : { version }), instance },
    timestamp: () => `,"time":${now()}`,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: correlationFields,
    serializers: { err: errorFields },
  };
  const destination = destinationOf(options);
  const logger = destination === undefined ? pino(settings) : pino(settings, destination);
  return Object.assign(logger, { [correlated]: true });
}

function destinationOf({ destination, taker }: LoggerOptions): DestinationStream | undefined {
  return taker == null ? destination : new ShippedDestination(destination ?? pino.destination(1), taker);
}

/** Whether `log` is a logger of ours or a child of one: its lines carry the correlation id by themselves. */
export function isCorrelatedLogger(log: unknown): log is Logger {
  return typeof log === "object" && log !== null && correlated in log;
}

/** A new object each time: pino writes the line's own fields into it. */
function correlationFields(): Record<string, string> {
  const context = currentCorrelation();
  const fields: Record<string, string> = {};
  if (context !== undefined) fields["correlationId"] = context.correlationId;
  if (context?.tenantId !== undefined) fields["tenantId"] = context.tenantId;
  return fields;
}

const classesWithoutName = new Set(["Object", "Error"]);

/** As pino's, but what has no class of its own is of the type that its name says: an error that was masked, or copied. */
function errorFields(error: Error): unknown {
  const fields: unknown = pino.stdSerializers.err(error);
  if (typeof fields !== "object" || fields === null || !("type" in fields)) return fields;
  if (!classesWithoutName.has(String(fields.type))) return fields;
  const name = nameOf(error);
  return name === null ? fields : Object.assign(fields, { type: name });
}

/** Logging never throws, whatever it is asked to log. */
function nameOf(error: { readonly name?: unknown }): string | null {
  try {
    const { name } = error;
    return typeof name === "string" && name !== "" ? name : null;
  } catch {
    return null;
  }
}
