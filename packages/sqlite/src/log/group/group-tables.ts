import type { DatabaseSync } from "node:sqlite";
import type { CommittedOffset, GroupInfo } from "throughline/seams";
import { prepared } from "../../database/prepared.ts";
import { planAssignment } from "./plan-assignment.ts";

/*
 * Everything that is read from and written to the file of groups. Each function runs in the caller's transaction.
 */

export interface MemberRow {
  readonly id: string;
  readonly clientId: string | null;
  readonly instanceId: string | null;
  readonly process: string;
  readonly topics: readonly string[];
  readonly sessionMs: number;
  readonly heartbeatMs: number;
}

export interface AssignmentRow {
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
  readonly owner: string | null;
  readonly target: string | null;
  readonly generation: number;
}

export interface Ownership {
  readonly topicId: string;
  readonly partition: number;
  readonly generation: number;
}

/** A topic as groups know it. */
export interface GroupTopic {
  readonly id: string;
  readonly name: string;
  readonly partitions: number;
}

export function membersOf(db: DatabaseSync, group: string): MemberRow[] {
  const rows = prepared(
    db,
    "SELECT id, client_id, instance_id, process, topics, session_ms, heartbeat_ms FROM member WHERE group_name = ? ORDER BY id",
  ).all(group);
  return rows.map((row) => ({
    id: String(row["id"]),
    clientId: row["client_id"] === null ? null : String(row["client_id"]),
    instanceId: row["instance_id"] === null ? null : String(row["instance_id"]),
    process: String(row["process"]),
    topics: JSON.parse(String(row["topics"])) as string[],
    sessionMs: Number(row["session_ms"]),
    heartbeatMs: Number(row["heartbeat_ms"]),
  }));
}

export function assignmentsOf(db: DatabaseSync, group: string): AssignmentRow[] {
  const rows = prepared(
    db,
    "SELECT topic_id, topic, partition, owner, target, generation FROM assignment WHERE group_name = ? ORDER BY topic, topic_id, partition",
  ).all(group);
  return rows.map((row) => ({
    topicId: String(row["topic_id"]),
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    owner: row["owner"] === null ? null : String(row["owner"]),
    target: row["target"] === null ? null : String(row["target"]),
    generation: Number(row["generation"]),
  }));
}

/** Adds a member, or writes it anew. One that comes back under its instance id takes the place of its predecessor. */
export function addMember(db: DatabaseSync, group: string, member: MemberRow): void {
  if (member.instanceId !== null) {
    const predecessors = prepared(db, "DELETE FROM member WHERE group_name = ? AND instance_id = ? AND id <> ? RETURNING id").all(
      group,
      member.instanceId,
      member.id,
    );
    for (const { id } of predecessors)
      prepared(db, "UPDATE assignment SET target = ? WHERE group_name = ? AND target = ?").run(member.id, group, String(id));
  }
  prepared(
    db,
    `INSERT OR REPLACE INTO member (group_name, id, client_id, instance_id, process, topics, session_ms, heartbeat_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    group,
    member.id,
    member.clientId,
    member.instanceId,
    member.process,
    JSON.stringify(member.topics),
    member.sessionMs,
    member.heartbeatMs,
  );
}

export function removeMember(db: DatabaseSync, group: string, id: string): void {
  prepared(db, "DELETE FROM member WHERE group_name = ? AND id = ?").run(group, id);
}

/** False when this member is no longer one. */
export function writeHeartbeat(db: DatabaseSync, group: string, id: string, nowMs: number): boolean {
  return prepared(db, "UPDATE member SET heartbeat_ms = ? WHERE group_name = ? AND id = ?").run(nowMs, group, id).changes === 1;
}

/**
 * Brings the targets up to date with the members and `topics` (of those topics, what is new gets partitions, and what was deleted
 * loses them), and takes what is owned by nobody alive. Owners keep what they hold until they release it.
 */
export function replan(db: DatabaseSync, group: string, topics: readonly GroupTopic[]): void {
  for (const topic of topics) {
    prepared(db, "DELETE FROM assignment WHERE group_name = ? AND topic = ? AND topic_id <> ?").run(group, topic.name, topic.id);
    for (let partition = 0; partition < topic.partitions; partition += 1) {
      prepared(
        db,
        "INSERT INTO assignment (group_name, topic_id, partition, topic) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      ).run(group, topic.id, partition, topic.name);
    }
  }
  prepared(
    db,
    "UPDATE assignment SET owner = NULL WHERE group_name = ?1 AND owner NOT IN (SELECT id FROM member WHERE group_name = ?1)",
  ).run(group);
  const rows = assignmentsOf(db, group);
  const members = membersOf(db, group).map((member) => ({ id: member.id, topics: new Set(member.topics) }));
  const update = prepared(db, "UPDATE assignment SET target = ? WHERE group_name = ? AND topic_id = ? AND partition = ?");
  for (const [index, target] of planAssignment(rows, members).entries()) {
    const row = rows[index];
    if (row !== undefined && row.target !== target) update.run(target, group, row.topicId, row.partition);
  }
}

/** Makes `member` the owner of what it shall have and nobody owns. */
export function acquire(
  db: DatabaseSync,
  group: string,
  member: string,
): (AssignmentRow & { readonly committedOffset: number | null })[] {
  prepared(
    db,
    "UPDATE assignment SET owner = ?1, generation = generation + 1 WHERE group_name = ?2 AND target = ?1 AND owner IS NULL",
  ).run(member, group);
  const committed = prepared(db, "SELECT next_offset FROM committed WHERE group_name = ? AND topic_id = ? AND partition = ?");
  return assignmentsOf(db, group)
    .filter((row) => row.owner === member)
    .map((row) => {
      const found = committed.get(group, row.topicId, row.partition);
      return { ...row, committedOffset: found === undefined ? null : Number(found["next_offset"]) };
    });
}

/** Gives up what this member still owns in these generations. */
export function release(db: DatabaseSync, group: string, member: string, ownerships: readonly Ownership[]): void {
  const update = prepared(
    db,
    "UPDATE assignment SET owner = NULL WHERE group_name = ? AND topic_id = ? AND partition = ? AND owner = ? AND generation = ?",
  );
  for (const { topicId, partition, generation } of ownerships) update.run(group, topicId, partition, member, generation);
}

/** Writes an offset if `member` still owns the partition in that generation; otherwise does nothing. */
export function commitOffset(
  db: DatabaseSync,
  group: string,
  member: string,
  { topicId, partition, generation }: Ownership,
  nextOffset: number,
): void {
  prepared(
    db,
    `INSERT INTO committed (group_name, topic_id, partition, topic, next_offset)
     SELECT group_name, topic_id, partition, topic, ? FROM assignment
     WHERE group_name = ? AND topic_id = ? AND partition = ? AND owner = ? AND generation = ?
     ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset`,
  ).run(nextOffset, group, topicId, partition, member, generation);
}

export function committedOffsets(db: DatabaseSync, group: string): CommittedOffset[] {
  const rows = prepared(
    db,
    "SELECT topic, partition, next_offset FROM committed WHERE group_name = ? ORDER BY topic, partition",
  ).all(group);
  return rows.map((row) => ({
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    offset: Number(row["next_offset"]),
  }));
}

export function forgetTopic(db: DatabaseSync, topicId: string): void {
  prepared(db, "DELETE FROM assignment WHERE topic_id = ?").run(topicId);
  prepared(db, "DELETE FROM committed WHERE topic_id = ?").run(topicId);
}

/** All groups that have or had a member, with those that `isGone` does not know to have gone. */
export function groups(db: DatabaseSync, isGone: (member: MemberRow) => boolean): GroupInfo[] {
  const names = prepared(
    db,
    "SELECT group_name FROM member UNION SELECT group_name FROM assignment UNION SELECT group_name FROM committed",
  ).all();
  return names.map(({ group_name }) => groupInfo(db, String(group_name), isGone));
}

function groupInfo(db: DatabaseSync, group: string, isGone: (member: MemberRow) => boolean): GroupInfo {
  const rows = assignmentsOf(db, group);
  const here = membersOf(db, group).filter((member) => !isGone(member));
  const members = here.map(({ id, clientId, instanceId }) => ({
    id,
    clientId,
    instanceId,
    partitions: rows.filter((row) => row.owner === id).map(({ topic, partition }) => ({ topic, partition })),
  }));
  const settled = rows.every((row) => row.owner === row.target);
  return { group, state: members.length === 0 ? "empty" : settled ? "stable" : "rebalancing", members };
}
