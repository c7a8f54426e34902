import type { EventLog, Subscription } from "../seams/event-log.ts";
import type { Surroundings } from "../seams/runtime.ts";
import { systemSurroundings } from "../surroundings/index.ts";
import { MemoryLogClient } from "./memory-log-client.ts";
import { MemoryLogData, type RecordJudge } from "./memory-log-data.ts";
import type { MemoryMember } from "./memory-log-member.ts";

export type { RecordJudge };

export interface MemoryLogOptions {
  /** Times records and timeouts, spreads records without a key. Default: the system's. */
  readonly surroundings?: Surroundings;
  /** Of topics created without a number. Default 6. */
  readonly defaultPartitions?: number;
  /** Default 1 MiB. */
  readonly maxRecordBytes?: number;
}

/** A member, or its id as `groups()` tells it. */
export type MemberReference = Subscription | string;

/** An event log in memory, with the faults of a real one on demand. They act at once, on all clients of the log. */
export interface MemoryLog extends EventLog {
  /** Another client of the same data, as another service would have: its `close` ends only its own subscriptions. */
  connect(): EventLog;
  /**
   * Refuses every record that `judge` gives a reason for, for good (`LOG_RECORD_REFUSED`), or with the error it gives.
   * Replaces the judge before.
   */
  refuse(judge: RecordJudge): void;
  /** The next `append` is written, but rejects with `LOG_UNAVAILABLE`, as when the connection is lost before the answer. */
  loseAcknowledgement(): void;
  /** While true, everything rejects with `LOG_UNAVAILABLE`, nothing is delivered, and commits wait. */
  unavailable(unavailable: boolean): void;
  /** Deletes a topic: members lose its partitions, groups its offsets. Created again, it has another id. */
  deleteTopic(topic: string): void;
  addPartitions(topic: string, total: number): void;
  /** Removes the records of a partition before this offset, as retention would. */
  trim(topic: string, partition: number, beforeOffset: number): void;
  /** Removes every record that a later one of the same key follows in its partition, whatever the topic's settings. */
  compact(topic: string): void;
  /**
   * The member's session runs out: its partitions are given to others now and its commits are dropped. It notices
   * `noticedAfterMs` later (default 0: at once): then `onLost` is called, and it joins again. Until then it is a zombie,
   * that goes on reading.
   */
  expireMember(member: MemberReference, options?: { noticedAfterMs?: number }): void;
  /** The member's process dies: nothing of it is called any more, and its partitions are given away when its session has run out. */
  crashMember(member: MemberReference): void;
}

/**
 * Creates an event log in memory, for tests and the simulator: all of it ends with the process.
 *
 * @example
 *   const log = createMemoryLog();
 *   await log.createTopics([{ name: "order", partitions: 3 }]);
 *   await log.append([{ topic: "order", key: Buffer.from("o-1"), value: Buffer.from("{}"), headers: [] }]);
 */
export function createMemoryLog(options: MemoryLogOptions = {}): MemoryLog {
  const { surroundings = systemSurroundings, defaultPartitions = 6, maxRecordBytes = 1024 * 1024 } = options;
  return new ControlledMemoryLog(new MemoryLogData({ surroundings, defaultPartitions, maxRecordBytes }));
}

class ControlledMemoryLog extends MemoryLogClient implements MemoryLog {
  readonly #data: MemoryLogData;

  constructor(data: MemoryLogData) {
    super(data);
    this.#data = data;
  }

  connect(): EventLog {
    return new MemoryLogClient(this.#data);
  }

  refuse(judge: RecordJudge): void {
    this.#data.judge = judge;
  }

  loseAcknowledgement(): void {
    this.#data.acknowledgementLost = true;
  }

  unavailable(unavailable: boolean): void {
    this.#data.setAvailable(!unavailable);
  }

  deleteTopic(topic: string): void {
    this.#data.deleteTopic(topic);
  }

  addPartitions(topic: string, total: number): void {
    this.#data.addPartitions(topic, total);
  }

  trim(topic: string, partition: number, beforeOffset: number): void {
    this.#data.partition({ topic, partition }).trim(beforeOffset);
  }

  compact(topic: string): void {
    for (const partition of this.#data.topic(topic).partitions) partition.compact();
  }

  expireMember(reference: MemberReference, { noticedAfterMs = 0 }: { noticedAfterMs?: number } = {}): void {
    const member = this.#member(reference);
    member.group.remove(member);
    const notice = () => {
      member.lose(member.partitions());
      if (!member.closed) void member.group.join(member);
    };
    if (noticedAfterMs === 0) notice();
    else this.#data.options.surroundings.clock.after(noticedAfterMs, notice);
  }

  crashMember(reference: MemberReference): void {
    const member = this.#member(reference);
    member.crash();
    this.#data.options.surroundings.clock.after(member.sessionTimeoutMs, () => member.group.remove(member));
  }

  #member(reference: MemberReference): MemoryMember {
    const members = this.#data.groups().flatMap((group) => group.members);
    const found = members.find((member) => member === reference || member.id === reference);
    if (found === undefined)
      throw new TypeError(
        `no group has the member ${typeof reference === "string" ? reference : "of this subscription"}; groups() lists those there are`,
      );
    return found;
  }
}
