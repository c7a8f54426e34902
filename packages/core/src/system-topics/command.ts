import type { NewRecord } from "../seams/event-log.ts";
import { commandsTopic } from "./topic-names.ts";

/** An order to a service, from the command line or the page. */
export type Command = ReplayStart | ReplayControl;

interface CommandOrigin {
  readonly commandId: string;
  readonly service: string;
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
}

export interface ReplayControl extends CommandOrigin {
  readonly command: "replay-pause" | "replay-resume" | "replay-cancel";
  /** The command that started the replay. */
  readonly replayId: string;
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
