import { isTime } from "./is-time.ts";

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const or = (is: (value: unknown) => boolean, value: unknown): boolean => value === null || value === undefined || is(value);
const areAll = (is: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(is);

/** Whether what somebody announced of an instance has the form of an announcement, all of it: anybody may write to the topic. */
export function isAnnouncement(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { service, instance, version, owner, state, formerNames, startedAtMs, atMs, publishes, contracts } = value;
  return (
    [service, instance, version].every(isText) &&
    [startedAtMs, atMs].every(isTime) &&
    ["running", "stopped"].includes(state as string) &&
    or(isText, owner) &&
    (formerNames === undefined || areAll(isText)(formerNames)) &&
    or(areAll(isText), publishes) &&
    (contracts === undefined || isText(contracts)) &&
    areAll(isHandler)(value["handlers"]) &&
    (value["controls"] === undefined || areAll(isControl)(value["controls"])) &&
    (value["answers"] === undefined || areAll(isAnswer)(value["answers"])) &&
    or(isOutbox, value["outbox"]) &&
    (value["shipsLogs"] === undefined || (isObject(value["shipsLogs"]) && isText(value["shipsLogs"]["level"])))
  );
}

function isHandler(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, types, streams, order, kind, mode, askedMode, isSerial, from, state, problem, behind, parked, dead } = value;
  return (
    [name, order, kind, mode, askedMode, from, state].every(isText) &&
    areAll((each) => isObject(each) && isText(each["type"]) && isNumber(each["version"]))(types) &&
    areAll(isText)(streams) &&
    typeof isSerial === "boolean" &&
    or(isText, problem) &&
    or(isNumber, behind) &&
    [parked, dead].every(isNumber) &&
    areAll(isReplay)(value["replays"])
  );
}

function isReplay(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { commandId, epoch, kind, state, problem, done, total, ratePerSecond, remainingMs } = value;
  return (
    [commandId, kind, state].every(isText) &&
    Number.isSafeInteger(epoch) &&
    (epoch as number) >= 0 &&
    or(isText, problem) &&
    [done, total].every(isNumber) &&
    [ratePerSecond, remainingMs].every((each) => or(isNumber, each))
  );
}

function isControl(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { id, kind, handler, subject, tenant, perSecond, reason, by, atMs, untilMs } = value;
  return (
    [id, by].every(isText) &&
    ["pause", "limit", "hold"].includes(kind as string) &&
    [handler, subject, tenant, reason].every((each) => or(isText, each)) &&
    [perSecond, untilMs].every((each) => or(isNumber, each)) &&
    isNumber(atMs)
  );
}

const isAnswer = (value: unknown): boolean =>
  isObject(value) &&
  [value["commandId"], value["sentence"]].every(isText) &&
  ["done", "refused"].includes(value["state"] as string) &&
  isNumber(value["atMs"]);

const isOutbox = (value: unknown): boolean =>
  isObject(value) &&
  [value["waiting"], value["stoppedSubjects"]].every(isNumber) &&
  or(isNumber, value["oldestMs"]) &&
  or(isText, value["problem"]);
