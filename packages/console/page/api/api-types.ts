// Written by "npm run page:types" from the OpenAPI document of the control plane. Do not edit.

export type Failure = {
  failureId: string;
  service: string;
  handler: string;
  version: string;
  epoch: number;
  reason: string;
  origin: { topic: string; partition: number; offset: number };
  letter: { topic: string; partition: number; offset: number };
  eventId: string | null;
  type: string | null;
  subject: string | null;
  correlationId: string | null;
  tenantId: string | null;
  error: { name: string; code: string | null; message: string };
  attempts: number;
  failedAtMs: number;
  holdsSubject: boolean;

  /** The fingerprint of its group. */
  group: string;
  state: "open" | "asked" | "answered";
  asked: { action: string; by: string; atMs: number } | null;
  answer: string | null;
  isSuperseded: boolean;
};

export type FailureGroup = {
  fingerprint: string;
  service: string;
  handler: string;
  reason: string;
  error: string;
  code: string | null;

  /** The message without ids, numbers and quoted values. */
  pattern: string;
  frames: readonly string[];
  count: number;
  open: number;
  asked: number;
  firstMs: number;
  lastMs: number;

  /** The id of its newest failure. */
  example: string;
  versions: readonly { version: string; count: number; firstMs: number; lastMs: number }[];
  trend: readonly { hourMs: number; count: number }[];
  owner: string | null;
  since: { version: string; deployedAtMs: number; before: string } | null;
};

export type Flow = {
  correlationId: string;
  complete: boolean;
  sentence: string;
  blind: string | null;
  events: readonly {
    /** topic/partition/offset */
    key: string;
    topic: string;
    partition: number;
    offset: number;
    timestampMs: number;
    id: string;
    type: string;
    source: string;
    subject: string | null;
    time: string | null;
    correlationId: string | null;
    causationId: string | null;
    sequence: number | null;
    tenantId: string | null;
    dataVersion: number | null;

    /** More than one after its publisher crashed. */
    records: number;
    causedBy: string | null;
    handlers: readonly {
      service: string;
      handler: string;
      outcome:
        | "applied"
        | "duplicate"
        | "stale"
        | "waiting"
        | "dead"
        | "discarded"
        | "pending"
        | "missing"
        | "before-start"
        | "unknown";
      version: string | null;
      handledAtMs: number | null;
      durationMicros: number | null;
      waitedMs: number | null;
      retries: number;
      duplicates: number;
      reason: string | null;
      dueAtMs: number | null;
      failureId: string | null;
      error: { name: string; code: string | null; message: string } | null;
      note: string | null;
      published: readonly string[];
    }[];
  }[];
};

export type GroupLag = {
  group: string;
  state: string;
  members: number;
  status: "ok" | "warning" | "error";
  behind: number;

  /** Without partitions that raise no alarm. */
  behindCounted: number;
  behindMs: number | null;
  trendPerSecond: number | null;
  catchUpMs: number | null;
  limit: number | null;
  incident: {
    id: string;
    group: string;
    openedAtMs: number;
    cause: "behind" | "behind-ms" | "status";
    limit: number | null;
    behindAtOpen: number;
    worstBehind: number;
    worstBehindMs: number | null;
    endedAtMs: number | null;
    endedBy: string | null;
    toldChannels: readonly string[];
  } | null;
  partitions: readonly {
    topic: string;
    partition: number;
    committed: number;
    earliest: number;
    end: number;
    behind: number;
    lost: number;
    behindMs: number | null;
    behindMsFrom: ("record" | "estimate" | "at-least") | null;
    member: string | null;
    status: "ok" | "warning" | "stopped" | "stalled" | "rewound";
    excuse: string | null;
    trendPerSecond: number | null;
    catchUpMs: number | null;
  }[];
};

/** One time that a group was too far behind. */
export type Incident = {
  id: string;
  group: string;
  openedAtMs: number;
  cause: "behind" | "behind-ms" | "status";
  limit: number | null;
  behindAtOpen: number;
  worstBehind: number;
  worstBehindMs: number | null;
  endedAtMs: number | null;
  endedBy: string | null;
  toldChannels: readonly string[];
  acknowledgement: { by: string; note: string | null; atMs: number } | null;
};

export interface GetRoutes {
  /** Failed events grouped by their cause, those with most open ones first */
  "/failure-groups": {
    path: {};
    query: { service?: string; handler?: string; open?: boolean; limit?: number };
    body: undefined;
    answer: { items: readonly FailureGroup[] };
  };

  /** One group */
  "/failure-groups/{fingerprint}": {
    path: { fingerprint: string };
    query: {};
    body: undefined;
    answer: {
      fingerprint: string;
      service: string;
      handler: string;
      reason: string;
      error: string;
      code: string | null;

      /** The message without ids, numbers and quoted values. */
      pattern: string;
      frames: readonly string[];
      count: number;
      open: number;
      asked: number;
      firstMs: number;
      lastMs: number;

      /** The id of its newest failure. */
      example: string;
      versions: readonly { version: string; count: number; firstMs: number; lastMs: number }[];
      trend: readonly { hourMs: number; count: number }[];
      owner: string | null;
      since: { version: string; deployedAtMs: number; before: string } | null;
    };
  };

  /** Failed events, newest first */
  "/failures": {
    path: {};
    query: {
      service?: string;
      handler?: string;
      group?: string;
      type?: string;
      subject?: string;
      eventId?: string;
      correlationId?: string;
      tenantId?: string;
      state?: "open" | "asked" | "answered";
      sinceMs?: number;
      untilMs?: number;
      text?: string;
      limit?: number;
      cursor?: string;
    };
    body: undefined;
    answer: { items: readonly Failure[]; next: string | null };
  };

  /** Flows by correlation id, event id or subject, oldest first */
  "/flows": {
    path: {};
    query: { id?: string; subject?: string };
    body: undefined;
    answer: { flows: readonly Flow[]; blind: string | null };
  };

  /** One flow, whole: every event with what every handler made of it */
  "/flows/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      correlationId: string;
      complete: boolean;
      sentence: string;
      blind: string | null;
      events: readonly {
        /** topic/partition/offset */
        key: string;
        topic: string;
        partition: number;
        offset: number;
        timestampMs: number;
        id: string;
        type: string;
        source: string;
        subject: string | null;
        time: string | null;
        correlationId: string | null;
        causationId: string | null;
        sequence: number | null;
        tenantId: string | null;
        dataVersion: number | null;

        /** More than one after its publisher crashed. */
        records: number;
        causedBy: string | null;
        handlers: readonly {
          service: string;
          handler: string;
          outcome:
            | "applied"
            | "duplicate"
            | "stale"
            | "waiting"
            | "dead"
            | "discarded"
            | "pending"
            | "missing"
            | "before-start"
            | "unknown";
          version: string | null;
          handledAtMs: number | null;
          durationMicros: number | null;
          waitedMs: number | null;
          retries: number;
          duplicates: number;
          reason: string | null;
          dueAtMs: number | null;
          failureId: string | null;
          error: { name: string; code: string | null; message: string } | null;
          note: string | null;
          published: readonly string[];
        }[];
      }[];
    };
  };

  /** Why is there no such event in this flow? */
  "/flows/{id}/absence": {
    path: { id: string };
    query: { wanted: string };
    body: undefined;
    answer: { verdict: string; sentence: string; hop: { key: string; service: string; handler: string } | null };
  };

  /** One flow as it happens: server-sent events, each the whole flow, when it has changed */
  "/flows/{id}/live": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** Times that groups were too far behind, newest first */
  "/incidents": {
    path: {};
    query: { group?: string; open?: boolean; limit?: number; cursor?: number };
    body: undefined;
    answer: { items: readonly Incident[]; next: string | null };
  };

  /** How far the index of the log is */
  "/index": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      blind: string | null;

      /** Records of the log that are not indexed yet. */
      behind: number;
      lookedAtMs: number | null;
      partitions: number;
      records: number;
      undecodable: number;

      /** Records that were gone before they were indexed. */
      lost: number;
      problem: string | null;
    };
  };

  /** Every consumer group on the log, the furthest behind first */
  "/lag": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      sampledAtMs: number | null;
      problem: string | null;
      groups: readonly GroupLag[];
      handlers: readonly { service: string; handler: string; state: string; behind: number | null; problem: string | null }[];
    };
  };

  /** One group, by partition */
  "/lag/{group}": {
    path: { group: string };
    query: {};
    body: undefined;
    answer: {
      group: string;
      state: string;
      members: number;
      status: "ok" | "warning" | "error";
      behind: number;

      /** Without partitions that raise no alarm. */
      behindCounted: number;
      behindMs: number | null;
      trendPerSecond: number | null;
      catchUpMs: number | null;
      limit: number | null;
      incident: {
        id: string;
        group: string;
        openedAtMs: number;
        cause: "behind" | "behind-ms" | "status";
        limit: number | null;
        behindAtOpen: number;
        worstBehind: number;
        worstBehindMs: number | null;
        endedAtMs: number | null;
        endedBy: string | null;
        toldChannels: readonly string[];
      } | null;
      partitions: readonly {
        topic: string;
        partition: number;
        committed: number;
        earliest: number;
        end: number;
        behind: number;
        lost: number;
        behindMs: number | null;
        behindMsFrom: ("record" | "estimate" | "at-least") | null;
        member: string | null;
        status: "ok" | "warning" | "stopped" | "stalled" | "rewound";
        excuse: string | null;
        trendPerSecond: number | null;
        catchUpMs: number | null;
      }[];
    };
  };

  /** How far a group was behind, a point a minute; it stayed so until the next point */
  "/lag/{group}/history": {
    path: { group: string };
    query: { fromMs?: number; toMs?: number };
    body: undefined;
    answer: { points: readonly { atMs: number; behind: number; behindMs: number | null; status: string }[] };
  };
}

export interface PostRoutes {}

export interface PutRoutes {}

export interface PatchRoutes {}

export interface DeleteRoutes {}
