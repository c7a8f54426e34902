import { coreError, isThroughlineError } from "throughline/seams";
import { kafkaError } from "./catalogue.ts";

type Chained = Error & { code?: string; cause?: unknown; errors?: readonly unknown[] };

/** Why a connection to a broker could not be made or broke, as an error of ours. Secrets are in none of the library's texts. */
export function connectionFailure(broker: string, mechanism: string | undefined, error: unknown): Error {
  const causes = chain(error);
  const ours = causes.find((cause) => isThroughlineError(cause));
  if (ours !== undefined) return ours;
  const text = causes.map(({ message }) => message).join(": ");
  if (causes.some(({ code }) => code === "PLT_KFK_AUTHENTICATION"))
    return kafkaError("KAFKA_AUTHENTICATION_FAILED", { broker, mechanism: mechanism ?? "none", what: reason(causes) }, error);
  if (/requires TLS|TLS handshake|certificate|wrong version number|SSL routines|altnames/i.test(text))
    return kafkaError("KAFKA_TLS_FAILED", { broker, what: reason(causes) }, error);
  return coreError("LOG_UNAVAILABLE", { what: `${broker}: ${reason(causes)}` }, error);
}

/** The innermost cause says most. */
function reason(causes: readonly Chained[]): string {
  const last = causes.findLast(({ message }) => message !== "");
  return (last as { serverErrorMessage?: string } | undefined)?.serverErrorMessage ?? last?.message ?? "no reason was given";
}

function chain(error: unknown): Chained[] {
  if (!(error instanceof Error)) return [];
  const { cause, errors } = error as Chained;
  return [error, ...chain(errors?.[0] ?? cause)];
}
