import { controlError } from "../errors/catalogue.ts";
import type { PartitionStatus } from "./partition-status.ts";

/** When a group is too far behind, or too many events of its service failed for good, and whom that concerns. */
export interface LagRule {
  /** More events behind than this is too far; null: never. Default 10,000. */
  readonly maxBehind: number | null;
  /** Its oldest unread event is older than this; null: never. Default null. */
  readonly maxBehindMs: number | null;
  /** Statuses of a partition that are too bad by themselves. Default none: they are shown, and wake nobody. */
  readonly statuses: readonly PartitionStatus[];
  /** More events than this that failed for good and that nobody has answered are too many; null: never. Default 0. */
  readonly maxFailures: number | null;
  /** Samples in a row that must be too far before somebody is told. Default 2. */
  readonly opensAfterSamples: number;
  /** The part of a limit below which an incident may end. Default 0.5. */
  readonly recoversBelow: number;
  /** How long it must stay there. Default 30 s. */
  readonly recoversAfterMs: number;
  /** Who is told, and after how long; the first step mostly at once. Default: every channel, at once. */
  readonly escalation: readonly EscalationStep[];
}

export interface EscalationStep {
  readonly afterMs: number;
  /** Names of channels. */
  readonly channels: readonly string[];
}

export interface LagRulesOptions {
  /** For every group that has no rule of its own. */
  readonly default?: Partial<LagRule>;
  /** By the group's name; `*` at the end stands for any rest. The longest name that fits counts. */
  readonly groups?: Readonly<Record<string, Partial<LagRule>>>;
}

export interface GroupRule {
  /** A group's name, or the beginning of names and `*`. */
  readonly pattern: string;
  readonly rule: LagRule;
}

/** Default of R10: an alert at ten thousand events behind. */
export const defaultMaxBehind = 10_000;

/** The rules as they apply to each group. */
export class LagRules {
  readonly default: LagRule;
  /** The longest name first. */
  readonly groups: readonly GroupRule[];

  /**
   * @param channels The names of the channels there are.
   * @throws LAG_RULES_INVALID, with every problem
   */
  constructor(options: LagRulesOptions, channels: readonly string[]) {
    const builtIn: LagRule = {
      maxBehind: defaultMaxBehind,
      maxBehindMs: null,
      statuses: [],
      maxFailures: 0,
      opensAfterSamples: 2,
      recoversBelow: 0.5,
      recoversAfterMs: 30_000,
      escalation: channels.length === 0 ? [] : [{ afterMs: 0, channels }],
    };
    this.default = { ...builtIn, ...options.default };
    this.groups = Object.entries(options.groups ?? {})
      .map(([pattern, rule]): GroupRule => ({ pattern, rule: { ...this.default, ...rule } }))
      .toSorted((a, b) => b.pattern.length - a.pattern.length);
    const problems = [{ pattern: "the default", rule: this.default }, ...this.groups].flatMap(({ pattern, rule }) =>
      ruleProblems(rule, channels).map((problem) => `${pattern}: ${problem}`),
    );
    if (problems.length > 0) throw controlError("LAG_RULES_INVALID", { problems });
  }

  of(group: string): LagRule {
    return this.from(group)?.rule ?? this.default;
  }

  /** The rule of its own that a group has; null where it has the default. */
  from(group: string): GroupRule | null {
    return this.groups.find(({ pattern }) => fits(pattern, group)) ?? null;
  }
}

/** Whether a name, or one that ends in `*`, means this group. */
export const fits = (pattern: string, group: string): boolean =>
  pattern.endsWith("*") ? group.startsWith(pattern.slice(0, -1)) : pattern === group;

function ruleProblems(rule: LagRule, channels: readonly string[]): string[] {
  const problems: string[] = [];
  const check = (isRight: boolean, problem: string): void => void (isRight || problems.push(problem));
  const isLimit = (limit: number | null): boolean => limit === null || (limit >= 0 && Number.isFinite(limit));
  check(isLimit(rule.maxBehind), `maxBehind is ${rule.maxBehind}, neither a number of events nor null`);
  check(isLimit(rule.maxBehindMs), `maxBehindMs is ${rule.maxBehindMs}, neither a number of milliseconds nor null`);
  check(isLimit(rule.maxFailures), `maxFailures is ${rule.maxFailures}, neither a number of events nor null`);
  check(
    Number.isInteger(rule.opensAfterSamples) && rule.opensAfterSamples >= 1,
    `opensAfterSamples is ${rule.opensAfterSamples}, not 1 or more`,
  );
  check(rule.recoversBelow > 0 && rule.recoversBelow <= 1, `recoversBelow is ${rule.recoversBelow}, not in (0, 1]`);
  check(rule.recoversAfterMs >= 0, `recoversAfterMs is ${rule.recoversAfterMs}, not 0 or more`);
  for (const { afterMs, channels: told } of rule.escalation) {
    check(afterMs >= 0, `a step of its escalation comes after ${afterMs} ms`);
    for (const name of told)
      check(channels.includes(name), `its escalation tells "${name}", and the channels are ${channels.join(", ") || "none"}`);
  }
  return problems;
}
