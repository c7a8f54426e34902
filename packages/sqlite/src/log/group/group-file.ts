import { statSync } from "node:fs";
import { type CommittedOffset, crashPoint, type GroupInfo } from "throughline/seams";
import { Wake } from "../../database/wake.ts";
import { SqliteWriter } from "../../database/writer.ts";
import { logFailure, sqliteError } from "../../errors/index.ts";
import { createGroupSchema } from "./group-schema.ts";
import * as tables from "./group-tables.ts";
import type { AssignmentRow, GroupTopic, MemberRow, Ownership } from "./group-tables.ts";
import { isGone } from "./is-gone.ts";
import { machineNowMs } from "./machine-clock.ts";

export interface GroupSnapshot {
  readonly members: readonly MemberRow[];
  readonly assignments: readonly AssignmentRow[];
}

export type AcquiredPartition = AssignmentRow & { readonly committedOffset: number | null };

export interface NotedOffset {
  readonly ownership: Ownership;
  readonly nextOffset: number;
}

/** The file of consumer groups: members, who reads what, and committed offsets. What changes who shall read what wakes all members. */
export class GroupFile {
  readonly #writer: SqliteWriter;
  readonly wake: Wake;
  readonly #inode: number;

  private constructor(writer: SqliteWriter) {
    this.#writer = writer;
    this.wake = new Wake(writer.file);
    this.#inode = statSync(writer.file).ino;
  }

  static async open(path: string, durability: "process" | "power"): Promise<GroupFile> {
    const writer = await SqliteWriter.open(path, { mapFailure: logFailure, durability, cacheBytes: 1024 * 1024 });
    try {
      await writer.transaction((db) => createGroupSchema(db, writer.file));
      return new GroupFile(writer);
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** Answers when the session began, by the machine's clock. */
  async join(group: string, member: Omit<MemberRow, "heartbeatMs">, topics: readonly GroupTopic[]): Promise<number> {
    const heartbeatMs = await this.#writer.transaction((db) => {
      const nowMs = machineNowMs();
      tables.addMember(db, group, { ...member, heartbeatMs: nowMs });
      tables.replan(db, group, topics);
      crashPoint("group.before-join-commit");
      return nowMs;
    });
    crashPoint("group.after-join");
    this.wake.signal();
    return heartbeatMs;
  }

  snapshot(group: string): Promise<GroupSnapshot> {
    return this.#writer.read((db) => ({ members: tables.membersOf(db, group), assignments: tables.assignmentsOf(db, group) }));
  }

  /** Removes the members that are gone, and brings targets up to date. */
  async replan(group: string, topics: readonly GroupTopic[]): Promise<void> {
    await this.#writer.transaction((db) => {
      const nowMs = machineNowMs();
      for (const member of tables.membersOf(db, group)) if (isGone(member, nowMs)) tables.removeMember(db, group, member.id);
      tables.replan(db, group, topics);
    });
    crashPoint("group.after-replan");
    this.wake.signal();
  }

  /** Everything that this member owns now. */
  async acquire(group: string, member: string): Promise<AcquiredPartition[]> {
    const acquired = await this.#writer.transaction((db) => tables.acquire(db, group, member));
    crashPoint("group.after-acquire");
    return acquired;
  }

  /** Writes last offsets and gives the partitions up, in one. */
  async release(group: string, member: string, ownerships: readonly Ownership[], offsets: readonly NotedOffset[]): Promise<void> {
    await this.#writer.transaction((db) => {
      for (const { ownership, nextOffset } of offsets) tables.commitOffset(db, group, member, ownership, nextOffset);
      tables.release(db, group, member, ownerships);
      crashPoint("group.before-release-commit");
    });
    crashPoint("group.after-release");
    this.wake.signal();
  }

  async leave(group: string, member: string): Promise<void> {
    await this.#writer.transaction((db) => {
      tables.removeMember(db, group, member);
      tables.replan(db, group, []);
    });
    this.wake.signal();
  }

  /** Answers the time that was written; null when this member is no longer one. Rejects with `LOG_FILE_REPLACED`. */
  async heartbeat(group: string, member: string): Promise<number | null> {
    if (statSync(this.#writer.file, { throwIfNoEntry: false })?.ino !== this.#inode)
      throw sqliteError("LOG_FILE_REPLACED", { file: this.#writer.file });
    return this.#writer.transaction((db) => {
      const nowMs = machineNowMs();
      return tables.writeHeartbeat(db, group, member, nowMs) ? nowMs : null;
    });
  }

  async commit(group: string, member: string, offsets: readonly NotedOffset[]): Promise<void> {
    await this.#writer.transaction((db) => {
      for (const { ownership, nextOffset } of offsets) tables.commitOffset(db, group, member, ownership, nextOffset);
      crashPoint("group.before-offset-commit");
    });
    crashPoint("group.after-offset-commit");
  }

  committedOffsets(group: string): Promise<CommittedOffset[]> {
    return this.#writer.read((db) => tables.committedOffsets(db, group));
  }

  groups(): Promise<GroupInfo[]> {
    return this.#writer.read((db) => {
      const nowMs = machineNowMs();
      return tables.groups(db, (member) => isGone(member, nowMs));
    });
  }

  async forgetTopic(topicId: string): Promise<void> {
    await this.#writer.transaction((db) => tables.forgetTopic(db, topicId));
    this.wake.signal();
  }

  async close(): Promise<void> {
    this.wake.close();
    await this.#writer.close();
  }
}
