import type { NewRecord } from "../seams/event-log.ts";
import { commandsTopic } from "./topic-names.ts";

/** An order to a service, from the command line or the page. */
export type Command = ReplayStart | ReplayControl | ControlCommand | AcceptLossCommand | RenameServiceCommand;

/** What on call can ask for (R16). */
export type ControlCommand = PauseCommand | ResumeCommand | LimitCommand | HoldCommand | ReleaseCommand;

/** Stands for every handler of the service; no handler can be named so. */
export const allHandlers = "*";

interface CommandOrigin {
  readonly commandId: string;
  readonly service: string;
  /** Its name, or `allHandlers` where a command may concern all of the service. */
  readonly handler: string;
  readonly by: string;
  readonly reason: string | null;
  readonly atMs: number;
}

/** Runs a handler through history again, in an epoch of its own (R8). */
export interface ReplayStart extends CommandOrigin {
  readonly command: "replay";
  readonly kind: "rebuild" | "rerun";
  readonly range: ReplayRange;
  /** Events a second; null is as fast as it goes. */
  readonly ratePerSecond: number | null;
  /** Whether events that the handler publishes are published again. */
  readonly publish: boolean;
}

/** Null bounds are open. A rebuild takes no filter and no end. */
export interface ReplayRange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly types: readonly string[] | null;
  readonly subjects: readonly string[] | null;
  /** Only there, and of a rerun only. Absent or null: in all topics and partitions. */
  readonly places?: readonly ReplayPlace[] | null;
}

/** A topic, or a part of one. */
export interface ReplayPlace {
  readonly topic: string;
  /** Null is all of them. */
  readonly partition: number | null;
  /** Where it begins; null is the beginning. */
  readonly fromOffset: number | null;
  /** The first offset behind it; null is the end as it is when the replay begins. */
  readonly toOffset: number | null;
}

/** The part of a partition that a range takes: its own place counts before its topic's. Null where it takes nothing of it. */
export function placeOfPartition(
  { places }: ReplayRange,
  topic: string,
  partition: number,
): Omit<ReplayPlace, "topic" | "partition"> | null {
  if (places === undefined || places === null) return { fromOffset: null, toOffset: null };
  const ofTopic = places.filter((place) => place.topic === topic);
  return ofTopic.find((place) => place.partition === partition) ?? ofTopic.find((place) => place.partition === null) ?? null;
}

export interface ReplayControl extends CommandOrigin {
  readonly command: "replay-pause" | "replay-resume" | "replay-cancel";
  /** The command that started the replay. */
  readonly replayId: string;
}

/** Takes no new events, retries or calls until it is resumed, or the time is over. */
export interface PauseCommand extends CommandOrigin {
  readonly command: "pause";
  readonly untilMs: number | null;
}

export interface ResumeCommand extends CommandOrigin {
  readonly command: "resume";
}

/** At most so many events a second, all instances together; null is as many as come. */
export interface LimitCommand extends CommandOrigin {
  readonly command: "limit";
  readonly perSecond: number | null;
  readonly untilMs: number | null;
}

/** Parks the events of one subject, or of one tenant, in order, until they are released, or the time is over. */
export interface HoldCommand extends CommandOrigin {
  readonly command: "hold";
  /** One of the two. */
  readonly subject: string | null;
  readonly tenant: string | null;
  readonly untilMs: number | null;
}

export interface ReleaseCommand extends CommandOrigin {
  readonly command: "release";
  readonly subject: string | null;
  readonly tenant: string | null;
}

/** Lets a handler go on that stopped because records that it had not read are gone. */
export interface AcceptLossCommand extends CommandOrigin {
  readonly command: "accept-loss";
}

/** Lets the service's store be opened under another name, too. */
export interface RenameServiceCommand extends CommandOrigin {
  readonly command: "rename-service";
  readonly to: string;
}

export function commandRecord(command: Command): NewRecord {
  return {
    topic: commandsTopic,
    key: Buffer.from(`${command.service}/${command.commandId}`),
    value: Buffer.from(JSON.stringify(command)),
    headers: [["content-type", Buffer.from("application/json")]],
  };
}

export function readCommand(value: Uint8Array | null): Command | null {
  return value === null ? null : (JSON.parse(Buffer.from(value).toString()) as Command);
}
