import type { AlertChannel } from "../alerts/alert.ts";
import { controlError } from "../errors/catalogue.ts";
import type { RetentionLimits } from "../index-store/index-store.ts";
import { LagRules, type LagRulesOptions } from "../lag/lag-rules.ts";
import { type NoteProblem, parseConfig } from "./config-form.ts";
import type { ControlConfigFile } from "./config-schema.ts";
import { configuredChannels } from "./configured-channels.ts";
import { traceUrlProblem } from "./trace-url.ts";
import { holdsPassword, passwordElsewhere, type SecretSources, Secrets } from "./secret-source.ts";

/** A configuration that can be used, with its secrets where they are needed and nowhere else. */
export interface ControlConfig {
  /** `postgres://…`, perhaps with a password; null: files in the control plane's folder. */
  readonly database: string | null;
  readonly lag: {
    readonly channels: readonly AlertChannel[];
    readonly rules: LagRulesOptions;
    readonly everyMs?: number;
    readonly historyMs?: number;
    readonly historyPoints?: number;
  };
  /** `https://…/{traceId}`; null: traces are shown nowhere that the page could link to. */
  readonly traceUrl: string | null;
  /** Of the index. */
  readonly retention: Partial<RetentionLimits>;
}

const dayMs = 86_400_000;

/**
 * Reads a configuration from a file in JSON, and looks up its secrets.
 * @throws CONTROL_CONFIG_INVALID, with every problem and where it is
 */
export async function readControlConfig(file: string, sources: SecretSources): Promise<ControlConfig> {
  const problems: string[] = [];
  const note: NoteProblem = (pointer, what) => void problems.push(pointer === "" ? what : `${pointer} ${what}`);
  const text = await textOf(file, sources, note);
  const config = text === null ? null : parseConfig(text, note);
  const { alerts = {}, retention = {} } = config ?? {};
  const channels = config === null ? [] : await configuredChannels(alerts, sources, note);
  if (config !== null) noteRuleProblems(alerts, note);
  const database = await databaseOf(config ?? {}, sources, note);
  const traceUrl = config?.traceUrl ?? null;
  const traceProblem = traceUrl === null ? null : traceUrlProblem(traceUrl);
  if (traceProblem !== null) note("/traceUrl", traceProblem);
  if (problems.length > 0) {
    for (const channel of channels) await channel.close?.();
    throw controlError("CONTROL_CONFIG_INVALID", { file, problems });
  }
  const { eventsDays, deadLettersDays, indexGigabytes, logsDays, logsGigabytes, lagDays, lagPoints } = retention;
  return {
    database,
    traceUrl,
    lag: {
      channels,
      rules: alerts.rules ?? {},
      ...(alerts.sampleEveryMs === undefined ? {} : { everyMs: alerts.sampleEveryMs }),
      ...(lagDays === undefined ? {} : { historyMs: lagDays * dayMs }),
      ...(lagPoints === undefined ? {} : { historyPoints: lagPoints }),
    },
    retention: {
      ...(eventsDays === undefined ? {} : { eventsMs: times(eventsDays, dayMs) }),
      ...(deadLettersDays === undefined ? {} : { deadLettersMs: times(deadLettersDays, dayMs) }),
      ...(indexGigabytes === undefined ? {} : { maxBytes: times(indexGigabytes, 1024 ** 3) }),
      ...(logsDays === undefined ? {} : { logsMs: times(logsDays, dayMs) }),
      ...(logsGigabytes === undefined ? {} : { logsMaxBytes: times(logsGigabytes, 1024 ** 3) }),
    },
  };
}

const times = (value: number | null, unit: number): number | null => (value === null ? null : value * unit);

async function textOf(file: string, sources: SecretSources, note: NoteProblem): Promise<string | null> {
  try {
    return await sources.readFile(file);
  } catch (error) {
    note("", `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`);
    return null;
  }
}

async function databaseOf({ database }: ControlConfigFile, sources: SecretSources, note: NoteProblem): Promise<string | null> {
  if (database === undefined) return null;
  const pointer = "/database";
  if (holdsPassword(database)) note(pointer, passwordElsewhere);
  const url = await new Secrets(sources, note).resolve(pointer, database);
  if (url !== null && !/^postgres(ql)?:\/\//.test(url)) note(pointer, "is no address that begins with postgres://");
  return url;
}

/** Channels that have problems of their own count as being there. */
function noteRuleProblems({ channels = {}, rules = {} }: NonNullable<ControlConfigFile["alerts"]>, note: NoteProblem): void {
  try {
    void new LagRules(rules, Object.keys(channels));
  } catch (error) {
    for (const problem of (error as { details: { problems: readonly string[] } }).details.problems)
      note("/alerts/rules", problem);
  }
}
