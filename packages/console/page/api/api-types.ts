// Written by "npm run page:types" from the OpenAPI document of the control plane. Do not edit.
// oxlint-disable max-lines -- it is as long as the API

/** A way to tell somebody, with what came of what was sent through it in 90 days. */
export type AlertChannel = {
  name: string;
  kind: string;
  target: string | null;
  counts: { waiting: number; delivered: number; givenUp: number };
  last: Delivery | null;
};

export type AuditEntry = {
  atMs: number;
  action: string;
  by: string;
  reason: string | null;
  service: string | null;
  handler: string | null;

  /** What it concerns, where that is no service. */
  about: string | null;
  outcome: string | null;
  detail: string | null;
  id: string | null;
  failureId: string | null;
  jobId: string | null;
};

export type Command = {
  id: string;
  command: "pause" | "resume" | "limit" | "hold" | "release" | "accept-loss";
  service: string;
  handler: string | null;
  subject: string | null;
  tenant: string | null;
  perSecond: number | null;
  untilMs: number | null;
  by: string;
  reason: string | null;
  atMs: number;

  /** What was asked for. */
  sentence: string;
  state: "asked" | "done" | "refused" | "ended";
  answer: string | null;
  answeredAtMs: number | null;
  appliedBy: readonly string[];
  waitingFor: readonly string[];
};

/** One alert on its way to one channel. */
export type Delivery = {
  id: string;
  incidentId: string;
  channel: string;
  kind: "alert" | "escalation" | "recovery" | "test";
  attempts: number;
  state: "waiting" | "delivered" | "given up";
  createdAtMs: number;
  attemptedAtMs: number | null;
  error: string | null;
};

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
  since: { version: string; deployedAtMs: number; before: string; firstSeen: string | null } | null;
  ofTenant: number | null;

  /** Whether the versions that run now have failed so. */
  runsNow: {
    state: "fails" | "not-yet" | "unknown";
    versions: readonly { version: string; deployedAtMs: number | null; failures: number; lastMs: number | null }[];
    why: string | null;
  };
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

      /** How often it was tried and put off without spending an attempt. */
      putOff: number;
      duplicates: number;
      reason: string | null;
      dueAtMs: number | null;
      failureId: string | null;
      error: { name: string; code: string | null; message: string } | null;
      note: string | null;
      published: readonly string[];
    }[];

    /** Handlers of services that whoever asks may not see. */
    closedHandlers: number;

    /** Between it and what caused it stands something that whoever asks may not see. */
    isBehindClosed: boolean;
  }[];

  /** What of it is of services that whoever asks may not see, by number alone. */
  closed: { events: number; handlers: number };
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
    cause: "behind" | "behind-ms" | "status" | "failures";
    limit: number | null;
    behindAtOpen: number;
    worstBehind: number;
    worstBehindMs: number | null;
    endedAtMs: number | null;
    endedBy: string | null;
    toldChannels: readonly string[];

    /** Of the cause failures only: fingerprints of its causes, and how many events wait for an answer. */
    failures?: { causes: readonly string[]; handlers: readonly string[]; unansweredAtOpen: number; worstUnanswered: number };
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

/** One time that a group was too far behind, or that events of a service failed for good. */
export type Incident = {
  id: string;
  group: string;
  openedAtMs: number;
  cause: "behind" | "behind-ms" | "status" | "failures";
  limit: number | null;
  behindAtOpen: number;
  worstBehind: number;
  worstBehindMs: number | null;
  endedAtMs: number | null;
  endedBy: string | null;
  toldChannels: readonly string[];

  /** Of the cause failures only: fingerprints of its causes, and how many events wait for an answer. */
  failures?: { causes: readonly string[]; handlers: readonly string[]; unansweredAtOpen: number; worstUnanswered: number };
  acknowledgement: { by: string; note: string | null; atMs: number } | null;
};

export type LogLine = {
  atMs: number;
  level: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  message: string;
  service: string;
  version: string;
  instance: string;
  correlationId?: string;
  tenantId?: string;

  /** The event that was being handled. */
  eventId?: string;
  handler?: string;

  /** The handler's attempt at the event, 1 for the first. */
  attempt?: number;
  traceId?: string;

  /** What it tells of was rolled back. */
  rolledBack?: boolean;

  /** It was too long to be shipped whole. */
  cut?: boolean;
  fields?: Readonly<Record<string, unknown>>;
};

export type LoggedRecord = {
  /** topic/partition/offset */
  key: string;
  topic: string;
  partition: number;
  offset: number;
  timestampMs: number;

  /** Of its value. */
  bytes: number;
  event: {
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
  } | null;
};

export type OpenProblem = {
  id: string;
  kind:
    | "handler-stopped"
    | "outbox-stopped"
    | "service-silent"
    | "failures"
    | "handler-failing"
    | "handler-full"
    | "lag"
    | "lag-unwatched"
    | "alerts-undelivered"
    | "outbox-waiting"
    | "handler-waiting"
    | "service-stopped"
    | "undecodable";
  severity: "critical" | "warning" | "notice";
  sentence: string;
  service: string | null;
  handler: string | null;
  owner: string | null;
  count: number | null;
  trend: ("rising" | "steady" | "falling") | null;
  sinceMs: number | null;
  sinceVersion: string | null;
  actions: readonly {
    kind: "failures" | "redrive" | "pause" | "resume" | "service" | "lag" | "flow" | "channels" | "events" | "release";
    title: string;

    /** What the API knows the thing by that it concerns. */
    target: string;
  }[];
  acknowledged: { by: string; note: string | null; atMs: number } | null;
};

export type Payload = {
  kind: "json" | "text" | "binary" | "none" | "hidden";
  contentType: string | null;
  bytes: number;

  /** Of data in Avro or Protobuf: the schema by which `text` was read. Its bytes are at the payload's own address. */
  writtenAs: { schemaType: string | null; schemaId: number } | null;

  /** JSON as text, so that no number loses a digit: parse it with care. */
  text: string | null;
  base64: string | null;
  hex: string | null;
  isCut: boolean;
  masked: readonly string[];
  note: string | null;
};

export type RedriveJob = {
  id: string;
  action: "redrive" | "discard";
  state: "running" | "paused" | "stopped" | "cancelled" | "done";
  problem: string | null;
  by: string;
  reason: string | null;
  createdAtMs: number;
  startedAtMs: number;
  lastAskedAtMs: number | null;
  endedAtMs: number | null;
  selection: unknown;
  consumers: readonly {
    service: string;
    handler: string;
    count: number;

    /** Subjects that one of its letters holds up. */
    heldSubjects: number;

    /** Later events that wait behind them. */
    waiting: number;
    failedIn: readonly { version: string; count: number }[];
    running: readonly string[];
    absence: null | ("never seen" | "stopped" | "silent");
  }[];
  total: number;

  /** How many were asked for, or passed over. */
  next: number;
  ratePerSecond: number | null;
  stages: readonly number[];

  /** 0 is the first; as many as there are stages is the rest. */
  stage: number;
  stopAfterFailures: number | null;

  /** Failures with which it was let go on. */
  forgiven: number;
  force: boolean;
  isEdit: boolean;

  /** Events by their state. */
  counts: Readonly<Record<string, number>>;
};

export type RehearsedBuild = {
  id: string;
  service: string;
  version: string;
  by: string;
  atMs: number;
  startedAtMs: number;
  counts: {
    letters: number;

    /** They would be handled, or were. */
    passed: number;

    /** They would make a call, which no rehearsal makes. */
    calls: number;
  };
  others: readonly { failureId: string; handler: string; group: string | null; outcome: string; why: string | null }[];
};

/** A run of a handler through history. */
export type Replay = {
  id: string;
  service: string;
  handler: string;
  kind: "rebuild" | "rerun";
  state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

  /** How far it is, in a sentence. */
  sentence: string;
  by: string | null;
  reason: string | null;
  askedAtMs: number | null;
  range: {
    fromMs: number | null;
    toMs: number | null;
    types: readonly string[] | null;
    subjects: readonly string[] | null;
    places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
  } | null;
  ratePerSecond: number | null;
  publish: boolean | null;
  epoch: number | null;
  done: number;
  total: number | null;
  remainingMs: number | null;
  problem: string | null;

  /** A rebuild that has caught up: the handler is live in its epoch. */
  isLive: boolean;
};

/** A time in which nobody is told of incidents of some groups. */
export type Silence = {
  id: string;

  /** A group, or the beginning of names and "*". */
  groups: string;
  fromMs: number;
  untilMs: number;
  reason: string;
  by: string;
};

export type Token = {
  id: string;
  name: string;
  grants: readonly {
    role: "viewer" | "operator" | "admin";

    /** Null: everywhere. */
    services: readonly string[] | null;

    /** Lets a viewer see the data of events. */
    payloads?: boolean;
  }[];
  createdBy: string;
  createdAtMs: number;
  expiresAtMs: number;
  usedAtMs: number | null;
};

export type User = {
  name: string;
  grants: readonly {
    role: "viewer" | "operator" | "admin";

    /** Null: everywhere. */
    services: readonly string[] | null;

    /** Lets a viewer see the data of events. */
    payloads?: boolean;
  }[];
  isLocked: boolean;
  createdAtMs: number;
  createdBy: string;
  loggedInAtMs: number | null;
};

export interface GetRoutes {
  /** Who asked for what, newest first */
  "/audit": {
    path: {};
    query: {
      service?: string;
      handler?: string;
      action?: string;
      by?: string;
      failureId?: string;
      sinceMs?: number;
      untilMs?: number;
      limit?: number;
      cursor?: string;
    };
    body: undefined;
    answer: { items: readonly AuditEntry[]; next: string | null; blind: string | null };
  };

  /** Every type of event that is declared, or came */
  "/catalogue": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      items: readonly {
        type: string;
        owner: string | null;
        publishers: readonly string[];
        topics: readonly string[];
        readers: readonly {
          service: string;
          handler: string;
          version: number;
          lifts: readonly number[];
          fields: readonly string[] | null;
        }[];

        /** Events since the index began. */
        count: number;
        firstMs: number | null;
        lastMs: number | null;

        /** Over the last quarter of an hour. */
        perSecond: number;
        drift: readonly {
          kind:
            | "seen-not-declared"
            | "declared-never-seen"
            | "version-not-declared"
            | "source-not-declared"
            | "read-not-published";
          sentence: string;
        }[];
        versions: readonly { version: number; publishers: readonly string[]; isCurrent: boolean }[];
      }[];
      blind: string | null;
    };
  };

  /** The catalogue as an AsyncAPI 3.0 document */
  "/catalogue/asyncapi.json": { path: {}; query: {}; body: undefined; answer: Readonly<Record<string, unknown>> };

  /** The catalogue as a CloudEvents registry */
  "/catalogue/xregistry.json": { path: {}; query: {}; body: undefined; answer: Readonly<Record<string, unknown>> };

  /** One type of event: its versions and their differences, who reads which of its fields, and an example */
  "/catalogue/{type}": {
    path: { type: string };
    query: {};
    body: undefined;
    answer: {
      type: string;
      owner: string | null;
      publishers: readonly string[];
      topics: readonly string[];
      readers: readonly {
        service: string;
        handler: string;
        version: number;
        lifts: readonly number[];
        fields: readonly string[] | null;
      }[];

      /** Events since the index began. */
      count: number;
      firstMs: number | null;
      lastMs: number | null;

      /** Over the last quarter of an hour. */
      perSecond: number;
      drift: readonly {
        kind: "seen-not-declared" | "declared-never-seen" | "version-not-declared" | "source-not-declared" | "read-not-published";
        sentence: string;
      }[];
      versions: readonly {
        version: number;
        publishers: readonly string[];
        isCurrent: boolean;
        firstMs: number;
        stream: string;
        subject: string;
        tenant: string | null;
        personal: readonly string[] | null;
        writtenAs: "JSON" | "AVRO" | "PROTOBUF";
        fields: readonly { path: string; type: string; isRequired: boolean; description: string | null }[];
        schema: Readonly<Record<string, unknown>>;
      }[];
      diffs: readonly {
        from: number;
        to: number;
        fields: readonly { path: string; change: "added" | "removed" | "changed"; before: string | null; after: string | null }[];
        breaks: readonly { direction: "backward" | "forward"; path: string; message: string }[] | null;
      }[];
      example: { key: string; timestampMs: number; payload: Payload } | null;
      blind: string | null;
    };
  };

  /** Ways to tell somebody, and what came of what was sent through them */
  "/channels": { path: {}; query: {}; body: undefined; answer: { items: readonly AlertChannel[] } };

  /** What was asked of services, newest first */
  "/commands": {
    path: {};
    query: { service?: string; limit?: number; cursor?: string };
    body: undefined;
    answer: { items: readonly Command[]; next: string | null };
  };

  /** One command, and what became of it */
  "/commands/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      id: string;
      command: "pause" | "resume" | "limit" | "hold" | "release" | "accept-loss";
      service: string;
      handler: string | null;
      subject: string | null;
      tenant: string | null;
      perSecond: number | null;
      untilMs: number | null;
      by: string;
      reason: string | null;
      atMs: number;

      /** What was asked for. */
      sentence: string;
      state: "asked" | "done" | "refused" | "ended";
      answer: string | null;
      answeredAtMs: number | null;
      appliedBy: readonly string[];
      waitingFor: readonly string[];
    };
  };

  /** One command as it is carried out: server-sent events, each the whole command, when it has changed */
  "/commands/{id}/live": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** Alerts of the last 90 days and what came of them, newest first */
  "/deliveries": {
    path: {};
    query: { incident?: string; channel?: string; limit?: number; cursor?: string };
    body: undefined;
    answer: { items: readonly Delivery[]; next: string | null };
  };

  /** Events by topic, type, subject, tenant, source, time, or a text in their data */
  "/events": {
    path: {};
    query: {
      topic?: readonly string[];
      type?: string;
      subject?: string;
      tenantId?: string;
      source?: string;
      correlationId?: string;
      text?: string;
      order?: "newest" | "oldest";
      sinceMs?: number;
      untilMs?: number;
      limit?: number;
      cursor?: string;
      unmasked?: boolean;
    };
    body: undefined;
    answer: {
      items: readonly LoggedRecord[];

      /** Goes on where this page stopped looking; null: all was looked at. */
      next: string | null;
      looked: { records: number; reachedMs: number | null };
    };
  };

  /** Events as they come: server-sent events `event`, and `left-out` with how many more came than are shown */
  "/events/live": {
    path: {};
    query: {
      topic?: readonly string[];
      type?: string;
      subject?: string;
      tenantId?: string;
      source?: string;
      correlationId?: string;
      text?: string;
      unmasked?: boolean;
      perSecond?: number;
    };
    body: undefined;
    answer: unknown;
  };

  /** One event, whole */
  "/events/{topic}/{partition}/{offset}": {
    path: { topic: string; partition: number; offset: number };
    query: { unmasked?: boolean };
    body: undefined;
    answer: {
      record: LoggedRecord;
      key: { text: string | null; base64: string | null } | null;
      headers: readonly { name: string; value: { text: string | null; base64: string | null } | null; isHidden: boolean }[];
      traceparent: string | null;
      payload: Payload;
      contract: {
        service: string;

        /** Null where it is what its publisher promises. */
        handler: string | null;
        type: string;
        version: number;
        schema: Readonly<Record<string, unknown>>;
        personal: readonly string[] | null;
        problems: readonly { pointer: string; message: string }[] | null;
      } | null;
      flow: string | null;

      /** Why it is no event. */
      problem: string | null;
    };
  };

  /** The untouched bytes of an event's value */
  "/events/{topic}/{partition}/{offset}/payload": {
    path: { topic: string; partition: number; offset: number };
    query: {};
    body: undefined;
    answer: string;
  };

  /** Failed events grouped by their cause, those with most open ones first */
  "/failure-groups": {
    path: {};
    query: { tenantId?: string; service?: string; handler?: string; open?: boolean; limit?: number };
    body: undefined;
    answer: { items: readonly FailureGroup[] };
  };

  /** One group */
  "/failure-groups/{fingerprint}": {
    path: { fingerprint: string };
    query: { tenantId?: string };
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
      since: { version: string; deployedAtMs: number; before: string; firstSeen: string | null } | null;
      ofTenant: number | null;

      /** Whether the versions that run now have failed so. */
      runsNow: {
        state: "fails" | "not-yet" | "unknown";
        versions: readonly { version: string; deployedAtMs: number | null; failures: number; lastMs: number | null }[];
        why: string | null;
      };
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

  /** One failed event, whole: error, attempts, payload, headers, and what waits behind it */
  "/failures/{id}": {
    path: { id: string };
    query: { unmasked?: boolean };
    body: undefined;
    answer: {
      failure: Failure;
      owner: string | null;
      error: { name: string; code: string | null; message: string; stack: string | null };
      attempts: readonly {
        startedAtMs: number;
        endedAtMs: number | null;
        instance: string;
        version: string;
        error: { name: string; code: string | null; message: string; stack: string | null } | null;
      }[];
      key: { text: string | null; base64: string | null } | null;
      headers: readonly { name: string; value: { text: string | null; base64: string | null } | null; isHidden: boolean }[];
      traceparent: string | null;
      payload: Payload;
      contract: {
        service: string;

        /** Null where it is what its publisher promises. */
        handler: string | null;
        type: string;
        version: number;
        schema: Readonly<Record<string, unknown>>;
        personal: readonly string[] | null;
        problems: readonly { pointer: string; message: string }[] | null;
      } | null;

      /** The id that /flows knows its flow by. */
      flow: string | null;
      waiting: {
        count: number;
        events: readonly {
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
        }[];
      };
      runsNow: {
        state: "fails" | "not-yet" | "unknown";
        versions: readonly { version: string; deployedAtMs: number | null; failures: number; lastMs: number | null }[];
        why: string | null;
      } | null;
      isOriginThere: boolean;
      gone: readonly string[];
    };
  };

  /** The untouched bytes of what failed */
  "/failures/{id}/payload": { path: { id: string }; query: {}; body: undefined; answer: string };

  /** Flows by correlation id, event id or subject, oldest first */
  "/flows": {
    path: {};
    query: { id?: string; subject?: string; tenantId?: string };
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

          /** How often it was tried and put off without spending an attempt. */
          putOff: number;
          duplicates: number;
          reason: string | null;
          dueAtMs: number | null;
          failureId: string | null;
          error: { name: string; code: string | null; message: string } | null;
          note: string | null;
          published: readonly string[];
        }[];

        /** Handlers of services that whoever asks may not see. */
        closedHandlers: number;

        /** Between it and what caused it stands something that whoever asks may not see. */
        isBehindClosed: boolean;
      }[];

      /** What of it is of services that whoever asks may not see, by number alone. */
      closed: { events: number; handlers: number };
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

  /** Log lines of a flow or of one of its events, oldest first, of services that ship them */
  "/flows/{id}/logs": {
    path: { id: string };
    query: {
      level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
      text?: string;
      event?: string;
      service?: string;
      handler?: string;
      attempt?: number;
      limit?: number;
      cursor?: string;
    };
    body: undefined;
    answer: {
      items: readonly LogLine[];
      next: string | null;
      services: readonly {
        service: string;

        /** Whether it ships its log lines; unknown where it has not announced itself. */
        ships: "yes" | "no" | "unknown";
      }[];
      gaps: readonly { service: string; instance: string; count: number; fromMs: number; toMs: number }[];
      blind: string | null;
    };
  };

  /** The trace of each event of a flow, read from the log */
  "/flows/{id}/traces": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      items: readonly {
        /** topic/partition/offset */
        key: string;

        /** As its publisher wrote it (W3C Trace Context). */
        traceparent: string | null;
        traceId: string | null;
      }[];

      /** False where the flow has more events than are looked at. */
      isWhole: boolean;
    };
  };

  /** Times that groups were too far behind or that events failed for good, newest first */
  "/incidents": {
    path: {};
    query: { group?: string; open?: boolean; limit?: number; cursor?: string };
    body: undefined;
    answer: { items: readonly Incident[]; next: string | null };
  };

  /** Lag, open incidents and silences as they are: server-sent events, each with all of it, after every sample and when one changed */
  "/incidents/live": { path: {}; query: {}; body: undefined; answer: unknown };

  /** One incident, and who was told of it */
  "/incidents/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: { incident: Incident; deliveries: readonly Delivery[] };
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

  /** Jobs, newest first */
  "/jobs": {
    path: {};
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: readonly RedriveJob[]; next: string | null };
  };

  /** How far a job is */
  "/jobs/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** A job as it goes on: server-sent events, each the whole job, when it has changed, until it has ended */
  "/jobs/{id}/live": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** What became of each event of a job, or is to be asked for by a plan, in order */
  "/jobs/{id}/results": {
    path: { id: string };
    query: {
      limit?: number;
      cursor?: string;
      state?:
        | "waiting"
        | "asked"
        | "accepted"
        | "failing"
        | "applied"
        | "duplicate"
        | "stale"
        | "discarded"
        | "dead"
        | "refused"
        | "not-sent"
        | "answered-before"
        | "in-another-job"
        | "cancelled";
    };
    body: undefined;
    answer: {
      items: readonly {
        no: number;
        failureId: string;
        service: string;
        handler: string;
        origin: { topic: string; partition: number; offset: number };
        letter: { topic: string; partition: number; offset: number };
        eventId: string | null;
        type: string | null;
        subject: string | null;
        state:
          | "waiting"
          | "asked"
          | "accepted"
          | "failing"
          | "applied"
          | "duplicate"
          | "stale"
          | "discarded"
          | "dead"
          | "refused"
          | "not-sent"
          | "answered-before"
          | "in-another-job"
          | "cancelled";
        detail: string | null;
        askedAtMs: number | null;
        answeredAtMs: number | null;
      }[];
      next: string | null;
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

  /** When a group is too far behind and who is told: the default, and the rules of some groups */
  "/lag-rules": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      /** When a group is too far behind or too many of its events failed for good, and who is told. */
      default: {
        maxBehind: number | null;
        maxBehindMs: number | null;
        statuses: readonly ("ok" | "warning" | "stopped" | "stalled" | "rewound")[];
        maxFailures: number | null;
        opensAfterSamples: number;
        recoversBelow: number;
        recoversAfterMs: number;
        escalation: readonly { afterMs: number; channels: readonly string[] }[];
      };
      groups: readonly {
        pattern: string;

        /** When a group is too far behind or too many of its events failed for good, and who is told. */
        rule: {
          maxBehind: number | null;
          maxBehindMs: number | null;
          statuses: readonly ("ok" | "warning" | "stopped" | "stalled" | "rewound")[];
          maxFailures: number | null;
          opensAfterSamples: number;
          recoversBelow: number;
          recoversAfterMs: number;
          escalation: readonly { afterMs: number; channels: readonly string[] }[];
        };
      }[];
    };
  };

  /** The rule that counts for a group, and what silences it now */
  "/lag-rules/{group}": {
    path: { group: string };
    query: {};
    body: undefined;
    answer: {
      group: string;
      pattern: string | null;

      /** When a group is too far behind or too many of its events failed for good, and who is told. */
      rule: {
        maxBehind: number | null;
        maxBehindMs: number | null;
        statuses: readonly ("ok" | "warning" | "stopped" | "stalled" | "rewound")[];
        maxFailures: number | null;
        opensAfterSamples: number;
        recoversBelow: number;
        recoversAfterMs: number;
        escalation: readonly { afterMs: number; channels: readonly string[] }[];
      };
      silences: readonly Silence[];
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
        cause: "behind" | "behind-ms" | "status" | "failures";
        limit: number | null;
        behindAtOpen: number;
        worstBehind: number;
        worstBehindMs: number | null;
        endedAtMs: number | null;
        endedBy: string | null;
        toldChannels: readonly string[];

        /** Of the cause failures only: fingerprints of its causes, and how many events wait for an answer. */
        failures?: { causes: readonly string[]; handlers: readonly string[]; unansweredAtOpen: number; worstUnanswered: number };
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

  /** Who publishes what to whom, how much, and how well that goes */
  "/map": {
    path: {};
    query: { windowMs?: number; tenantId?: string };
    body: undefined;
    answer: {
      windowMs: number;
      nodes: readonly {
        name: string;
        kind: "service" | "foreign" | "closed";
        health: "ok" | "behind" | "failing" | "stopped" | "unknown";
      }[];
      edges: readonly {
        from: string;
        to: string;
        handler: string;
        type: string;
        topic: string | null;
        events: number;
        perSecond: number;
        health: "ok" | "behind" | "failing" | "stopped" | "unknown";
        why: string | null;
        behind: number | null;
        unanswered: number;
      }[];
      unheard: readonly { from: string; type: string; events: number }[];
      blind: string | null;
    };
  };

  /** What is broken, who is hurt, what changed, what is safe to do, what is normal */
  "/overview": {
    path: {};
    query: { tenantId?: string };
    body: undefined;
    answer: {
      atMs: number;
      blind: string | null;
      headline: string;
      broken: readonly OpenProblem[];
      hurt: {
        unanswered: number;
        tenants: readonly { tenantId: string; unanswered: number; groups: number }[];
        services: readonly { service: string; owner: string | null; unanswered: number; behind: number | null }[];
      };
      changed: readonly {
        atMs: number;
        kind: "deploy" | "contracts" | "control" | "replay";
        service: string;
        sentence: string;
      }[];
      safe: readonly {
        isSafe: boolean;
        sentence: string;
        problem: string | null;
        action: {
          kind: "failures" | "redrive" | "pause" | "resume" | "service" | "lag" | "flow" | "channels" | "events" | "release";
          title: string;

          /** What the API knows the thing by that it concerns. */
          target: string;
        } | null;
      }[];
      normal: readonly {
        what: "services" | "handlers" | "failures" | "lag" | "outboxes" | "traffic";
        state: "normal" | "not-normal" | "unknown";
        sentence: string;
      }[];
    };
  };

  /** The overview as it changes: server-sent events, each with all of it */
  "/overview/live": { path: {}; query: { tenantId?: string }; body: undefined; answer: unknown };

  /** A plan */
  "/redrive-plans/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      id: string;
      action: "redrive" | "discard";
      createdAtMs: number;
      expiresAtMs: number;
      by: string;
      selection: unknown;
      total: number;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];

      /** How many, by why. */
      leftOut: Readonly<Record<string, number>>;
      warnings: readonly {
        warning: "not-running" | "same-version" | "paused" | "no-such-handler" | "uncertain" | "index-behind";
        sentence: string;
      }[];
      isEdit: boolean;

      /** It is a job of the same id by now. */
      isConfirmed: boolean;
    };
  };

  /** What a plan leaves out, and why */
  "/redrive-plans/{id}/left-out": {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: {
      items: readonly {
        failureId: string;
        service: string | null;
        handler: string | null;
        why: "unknown" | "answered" | "superseded" | "asked" | "uncertain" | "in-another-job";
      }[];
      next: string | null;
    };
  };

  /** Builds of a service in which failures were rehearsed, the newest first */
  "/rehearsed-builds": {
    path: {};
    query: { service: string; group?: string; sinceMs?: number; limit?: number };
    body: undefined;
    answer: { items: readonly RehearsedBuild[] };
  };

  /** Replays, newest first */
  "/replays": { path: {}; query: {}; body: undefined; answer: { items: readonly Replay[] } };

  /** All replays as they go on: server-sent events, each the whole list, when it has changed */
  "/replays/live": { path: {}; query: {}; body: undefined; answer: unknown };

  /** One replay: how far it is, and how long it still takes */
  "/replays/{id}": {
    path: { id: string };
    query: {};
    body: undefined;
    answer: {
      id: string;
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

      /** How far it is, in a sentence. */
      sentence: string;
      by: string | null;
      reason: string | null;
      askedAtMs: number | null;
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      } | null;
      ratePerSecond: number | null;
      publish: boolean | null;
      epoch: number | null;
      done: number;
      total: number | null;
      remainingMs: number | null;
      problem: string | null;

      /** A rebuild that has caught up: the handler is live in its epoch. */
      isLive: boolean;
    };
  };

  /** Whatever a text may mean: an id, a subject, a type, a service, a group, an error */
  "/search": {
    path: {};
    query: { q: string; tenantId?: string };
    body: undefined;
    answer: {
      hits: readonly {
        kind:
          | "failure"
          | "failure-group"
          | "event"
          | "flow"
          | "subject"
          | "type"
          | "service"
          | "handler"
          | "group"
          | "topic"
          | "tenant";

        /** What the API knows it by. */
        id: string;
        title: string;
        detail: string | null;
        isExact: boolean;
        service: string | null;
      }[];
      blind: string | null;
    };
  };

  /** Every service that announced itself */
  "/services": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      items: readonly {
        service: string;
        owner: string | null;
        state: "running" | "stopped" | "silent";
        sinceMs: number | null;
        instances: number;
        versions: readonly string[];
        publishes: readonly string[];
        handlers: number;
        notLive: number;
        behind: number | null;
        behindMs: number | null;
        parked: number;
        unanswered: number;
        outboxWaiting: number | null;
      }[];
      blind: string | null;
    };
  };

  /** One service: instances, handlers, controls, outbox, answers to commands, deploys */
  "/services/{name}": {
    path: { name: string };
    query: { windowMs?: number };
    body: undefined;
    answer: {
      summary: {
        service: string;
        owner: string | null;
        state: "running" | "stopped" | "silent";
        sinceMs: number | null;
        instances: number;
        versions: readonly string[];
        publishes: readonly string[];
        handlers: number;
        notLive: number;
        behind: number | null;
        behindMs: number | null;
        parked: number;
        unanswered: number;
        outboxWaiting: number | null;
      };
      formerNames: readonly string[];
      running: readonly {
        instance: string;
        version: string;
        state: "running" | "stopped" | "silent";
        startedAtMs: number;
        atMs: number;
      }[];
      handlers: readonly {
        name: string;
        types: readonly string[];
        streams: readonly string[];
        order: "sequential" | "latest" | "any";
        kind: "transaction" | "call";
        mode: string;
        askedMode: string;
        isSerial: boolean;
        from: string;
        state: string;
        problem: string | null;
        behind: number | null;
        parked: number;
        dead: number;
        unanswered: number;
        controls: readonly string[];
        replays: readonly {
          commandId: string;
          epoch: number;
          kind: "rebuild" | "rerun";
          state: string;
          problem: string | null;
          done: number;
          total: number;
          ratePerSecond: number | null;
          remainingMs: number | null;
        }[];
      }[];
      controls: readonly {
        id: string;
        kind: "pause" | "limit" | "hold";
        handler: string | null;
        subject: string | null;
        tenant: string | null;
        perSecond: number | null;
        reason: string | null;
        by: string;
        atMs: number;
        untilMs: number | null;
        sentence: string;
      }[];
      outbox: { waiting: number; oldestMs: number | null; stoppedSubjects: number; problem: string | null } | null;
      answers: readonly { commandId: string; state: "done" | "refused"; sentence: string; atMs: number }[];
      deploys: readonly { version: string; firstMs: number; lastMs: number }[];
      published: readonly { type: string; topic: string; events: number; perSecond: number }[];
      blind: string | null;
    };
  };

  /** Who asks, and how one logs in */
  "/session": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      /** open: on loopback, where nobody needs to log in. */
      mode: "open" | "login";
      actor: {
        name: string;
        kind: "local" | "user" | "oidc" | "token" | "nobody";
        role: "viewer" | "operator" | "admin";

        /** What it may see. Null: everything. */
        services: readonly string[] | null;
        grants: readonly {
          role: "viewer" | "operator" | "admin";

          /** Null: everywhere. */
          services: readonly string[] | null;

          /** Lets a viewer see the data of events. */
          payloads?: boolean;
        }[];
      } | null;
      login: {
        password: boolean;
        oidc: boolean;

        /** There is nobody yet: the first admin is to be made with the token on the console. */
        setup: boolean;
      };

      /** Where one trace is shown, with {traceId} in the place of its id; told to whoever is logged in. */
      traceUrl: string | null;
    };
  };

  /** Sends the browser to the provider of identities */
  "/session/oidc": { path: {}; query: { next?: string }; body: undefined; answer: unknown };

  /** Where the provider sends the browser back to */
  "/session/oidc/callback": { path: {}; query: {}; body: undefined; answer: unknown };

  /** Sessions that are open: one's own, and to an admin everybody's */
  "/sessions": {
    path: {};
    query: {};
    body: undefined;
    answer: {
      items: readonly {
        id: string;
        user: string;
        kind: "user" | "oidc";
        createdAtMs: number;
        seenAtMs: number;
        endsAtMs: number;
        address: string;
        agent: string;

        /** It is the one that asks. */
        isThis: boolean;
      }[];
    };
  };

  /** Silences that last or are to come, the one that ends first before the others */
  "/silences": { path: {}; query: {}; body: undefined; answer: { items: readonly Silence[] } };

  /** Tokens of machines, without their secrets */
  "/tokens": { path: {}; query: {}; body: undefined; answer: { items: readonly Token[] } };

  /** The users of this control plane */
  "/users": { path: {}; query: {}; body: undefined; answer: { items: readonly User[] } };
}

export interface PostRoutes {
  /** Sends a test through a channel, once, and says what came of it */
  "/channels/{name}/test": {
    path: { name: string };
    query: {};
    body: undefined;
    answer: { ok: boolean; sentence: string; tookMs: number };
  };

  /** Asks a service for what was shown; it does it when it reads it */
  "/commands": {
    path: {};
    query: {};
    body: {
      /** As it was told with what the command would touch. */
      confirm: string;
      reason: string;
    };
    answer: {
      id: string;
      command: "pause" | "resume" | "limit" | "hold" | "release" | "accept-loss";
      service: string;
      handler: string | null;
      subject: string | null;
      tenant: string | null;
      perSecond: number | null;
      untilMs: number | null;
      by: string;
      reason: string | null;
      atMs: number;

      /** What was asked for. */
      sentence: string;
      state: "asked" | "done" | "refused" | "ended";
      answer: string | null;
      answeredAtMs: number | null;
      appliedBy: readonly string[];
      waitingFor: readonly string[];
    };
  };

  /** What a command would touch, before anybody asks for it. Writes nothing */
  "/commands/reach": {
    path: {};
    query: {};
    body: {
      command: "pause" | "resume" | "limit" | "hold" | "release" | "accept-loss";
      service: string;
      handler?: string | null;
      subject?: string | null;
      tenant?: string | null;
      perSecond?: number | null;
      untilMs?: number | null;
    };
    answer: {
      sentence: string;
      handlers: readonly {
        name: string;
        state: string;
        behind: number | null;
        parked: number;
        dead: number;
        problem: string | null;
      }[];
      instances: readonly string[];
      controls: readonly string[];
      warnings: readonly string[];
      refused: readonly string[];
      confirm: string | null;
      confirmUntilMs: number | null;
    };
  };

  /** What an edit of a failed event would change, and whether its handler would take it. Writes nothing */
  "/failures/{id}/edit-check": {
    path: { id: string };
    query: {};
    body:
      | {
          /** The whole payload. */
          text: string;
        }
      | {
          changes: readonly {
            /** A JSON pointer; - is behind the last item of an array. */
            pointer: string;

            /** As JSON, its characters as they are; null removes. */
            json: string | null;
          }[];
        };
    answer: {
      /** The data as it would be, as JSON: give these very bytes to a plan. */
      text: string;
      writtenAs: "JSON" | "AVRO" | "PROTOBUF";
      differences: readonly {
        pointer: string;
        kind: "added" | "removed" | "changed";
        before: string | null;
        after: string | null;
      }[];
      verdict: "valid" | "invalid" | "unchecked";
      problems: readonly { pointer: string; message: string }[];
      checkedBy: { service: string | null; version: number; in: "announcement" | "registry" } | null;
      why: string | null;
    };
  };

  /** Says "mine": nobody else is told of this incident as it goes on */
  "/incidents/{id}/acknowledge": {
    path: { id: string };
    query: {};
    body: {
      /** What the others should know. */
      note?: string;
    };
    answer: {
      id: string;
      group: string;
      openedAtMs: number;
      cause: "behind" | "behind-ms" | "status" | "failures";
      limit: number | null;
      behindAtOpen: number;
      worstBehind: number;
      worstBehindMs: number | null;
      endedAtMs: number | null;
      endedBy: string | null;
      toldChannels: readonly string[];

      /** Of the cause failures only: fingerprints of its causes, and how many events wait for an answer. */
      failures?: { causes: readonly string[]; handlers: readonly string[]; unansweredAtOpen: number; worstUnanswered: number };
      acknowledgement: { by: string; note: string | null; atMs: number } | null;
    };
  };

  /** Sends no more for good; what was sent is answered */
  "/jobs/{id}/cancel": {
    path: { id: string };
    query: {};
    body: { reason?: string | null };
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** Goes on with a job that stopped by itself: what failed so far stops it no more */
  "/jobs/{id}/continue": {
    path: { id: string };
    query: {};
    body: { reason?: string | null };
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** Sends no more until it is resumed; what was sent is answered */
  "/jobs/{id}/pause": {
    path: { id: string };
    query: {};
    body: { reason?: string | null };
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** Goes on with a job that was paused */
  "/jobs/{id}/resume": {
    path: { id: string };
    query: {};
    body: { reason?: string | null };
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** Mine: somebody looks after a problem, and says so to the others */
  "/overview/problems/{id}/acknowledgement": {
    path: { id: string };
    query: {};
    body: {
      /** What the others should know. */
      note?: string;
    };
    answer: {
      id: string;
      kind:
        | "handler-stopped"
        | "outbox-stopped"
        | "service-silent"
        | "failures"
        | "handler-failing"
        | "handler-full"
        | "lag"
        | "lag-unwatched"
        | "alerts-undelivered"
        | "outbox-waiting"
        | "handler-waiting"
        | "service-stopped"
        | "undecodable";
      severity: "critical" | "warning" | "notice";
      sentence: string;
      service: string | null;
      handler: string | null;
      owner: string | null;
      count: number | null;
      trend: ("rising" | "steady" | "falling") | null;
      sinceMs: number | null;
      sinceVersion: string | null;
      actions: readonly {
        kind: "failures" | "redrive" | "pause" | "resume" | "service" | "lag" | "flow" | "channels" | "events" | "release";
        title: string;

        /** What the API knows the thing by that it concerns. */
        target: string;
      }[];
      acknowledged: { by: string; note: string | null; atMs: number } | null;
    };
  };

  /** What a redrive or discard would do: how many, of whom, what is left out and why. Asks nobody for anything */
  "/redrive-plans": {
    path: {};
    query: {};
    body: {
      action: "redrive" | "discard";

      /** Which failures: some by their ids, or every open one that a query finds. */
      selection:
        | { failureIds: readonly string[] }
        | {
            /** Every open failure that fits; {} is all of them. */
            query: {
              service?: string;
              handler?: string;
              group?: string;
              type?: string;
              reason?: string;
              subject?: string;
              eventId?: string;
              correlationId?: string;
              tenantId?: string;
              sinceMs?: number;
              untilMs?: number;
              text?: string;
            };
          };

      /** Also those that were asked for already, and have no answer. */
      askAgain?: boolean;

      /** An edit: replaces the payload of the one failure that is named. */
      payloadBase64?: string;
    };
    answer: {
      id: string;
      action: "redrive" | "discard";
      createdAtMs: number;
      expiresAtMs: number;
      by: string;
      selection: unknown;
      total: number;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];

      /** How many, by why. */
      leftOut: Readonly<Record<string, number>>;
      warnings: readonly {
        warning: "not-running" | "same-version" | "paused" | "no-such-handler" | "uncertain" | "index-behind";
        sentence: string;
      }[];
      isEdit: boolean;

      /** It is a job of the same id by now. */
      isConfirmed: boolean;
    };
  };

  /** Makes a job of a plan, which begins at once. Repeated, it answers the same job */
  "/redrive-plans/{id}/confirm": {
    path: { id: string };
    query: {};
    body: {
      reason?: string | null;
      ratePerSecond?: number | null;

      /** In stages of 1, 5 and 50, then the rest. */
      isCanary?: boolean;
      stages?: readonly number[];
      stopAfterFailures?: number | null;

      /** Also what is older than the ids that the service remembers. */
      force?: boolean;
    };
    answer: {
      id: string;
      action: "redrive" | "discard";
      state: "running" | "paused" | "stopped" | "cancelled" | "done";
      problem: string | null;
      by: string;
      reason: string | null;
      createdAtMs: number;
      startedAtMs: number;
      lastAskedAtMs: number | null;
      endedAtMs: number | null;
      selection: unknown;
      consumers: readonly {
        service: string;
        handler: string;
        count: number;

        /** Subjects that one of its letters holds up. */
        heldSubjects: number;

        /** Later events that wait behind them. */
        waiting: number;
        failedIn: readonly { version: string; count: number }[];
        running: readonly string[];
        absence: null | ("never seen" | "stopped" | "silent");
      }[];
      total: number;

      /** How many were asked for, or passed over. */
      next: number;
      ratePerSecond: number | null;
      stages: readonly number[];

      /** 0 is the first; as many as there are stages is the rest. */
      stage: number;
      stopAfterFailures: number | null;

      /** Failures with which it was let go on. */
      forgiven: number;
      force: boolean;
      isEdit: boolean;

      /** Events by their state. */
      counts: Readonly<Record<string, number>>;
    };
  };

  /** How many of some failures would pass a candidate schema, and why the others would not. Writes nothing */
  "/rehearsals": {
    path: {};
    query: {};
    body: {
      /** Which failures: some by their ids, or every open one that a query finds. */
      selection:
        | { failureIds: readonly string[] }
        | {
            /** Every open failure that fits; {} is all of them. */
            query: {
              service?: string;
              handler?: string;
              group?: string;
              type?: string;
              reason?: string;
              subject?: string;
              eventId?: string;
              correlationId?: string;
              tenantId?: string;
              sinceMs?: number;
              untilMs?: number;
              text?: string;
            };
          };

      /** A JSON Schema: what a handler is to read. */
      schema: Readonly<Record<string, unknown>>;
      type?: string;
      most?: number;
    };
    answer: {
      looked: number;
      isMore: boolean;
      passed: number;
      failed: number;

      /** Their data is no JSON, or the log has it no more. */
      unreadable: number;
      causes: readonly { pointer: string; message: string; count: number; example: string }[];
    };
  };

  /** Tells what came of failures in a rehearsal of a build of their service: for the command line */
  "/rehearsed-builds": {
    path: {};
    query: {};
    body: {
      service: string;

      /** Of the build. */
      version: string;

      /** Milliseconds since 1970. */
      startedAtMs: number;
      letters: readonly {
        failureId: string;
        handler: string;
        outcome: "applied" | "duplicate" | "stale" | "failed" | "calls" | "waits" | "refused" | "unknown";
        error?: { name: string; code: string | null; message: string } | null;
        why?: string | null;
      }[];
    };
    answer: {
      id: string;
      service: string;
      version: string;
      by: string;
      atMs: number;
      startedAtMs: number;
      counts: {
        letters: number;

        /** They would be handled, or were. */
        passed: number;

        /** They would make a call, which no rehearsal makes. */
        calls: number;
      };
      others: readonly { failureId: string; handler: string; group: string | null; outcome: string; why: string | null }[];
    };
  };

  /** Asks a service to replay; it begins when the service reads it */
  "/replays": {
    path: {};
    query: {};
    body: {
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      fromMs?: number | null;
      toMs?: number | null;
      types?: readonly string[] | null;
      subjects?: readonly string[] | null;
      places?:
        | readonly { topic: string; partition?: number | null; fromOffset?: number | null; toOffset?: number | null }[]
        | null;
      ratePerSecond?: number | null;

      /** Whether what the handler publishes is published again. */
      publish?: boolean;
      reason: string;

      /** A UUID of the caller's: asked for twice, the replay runs once. */
      id?: string;
    };
    answer: {
      id: string;
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

      /** How far it is, in a sentence. */
      sentence: string;
      by: string | null;
      reason: string | null;
      askedAtMs: number | null;
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      } | null;
      ratePerSecond: number | null;
      publish: boolean | null;
      epoch: number | null;
      done: number;
      total: number | null;
      remainingMs: number | null;
      problem: string | null;

      /** A rebuild that has caught up: the handler is live in its epoch. */
      isLive: boolean;
    };
  };

  /** What a replay would do: how many events it would hand to the handler, and what speaks against it. Writes nothing */
  "/replays/plan": {
    path: {};
    query: {};
    body: {
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      fromMs?: number | null;
      toMs?: number | null;
      types?: readonly string[] | null;
      subjects?: readonly string[] | null;
      places?:
        | readonly { topic: string; partition?: number | null; fromOffset?: number | null; toOffset?: number | null }[]
        | null;
      ratePerSecond?: number | null;

      /** Whether what the handler publishes is published again. */
      publish?: boolean;

      /** How long events may be counted; 0: not at all. */
      countWithinMs?: number;
    };
    answer: {
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      };
      ratePerSecond: number | null;
      publish: boolean;

      /** To be read; the filter leaves out some of them. */
      records: number;
      gone: readonly { topic: string; partition: number; records: number; beginsMs: number | null }[];
      handed: Readonly<Record<string, number>> | null;
      counted: { records: number; isWhole: boolean } | null;
      lastsMs: number | null;

      /** Whether the service runs now. */
      isRunning: boolean;
      notes: readonly string[];
      refused: readonly string[];
    };
  };

  /** Asks the service to cancel a replay */
  "/replays/{id}/cancel": {
    path: { id: string };
    query: {};
    body: { reason?: string };
    answer: {
      id: string;
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

      /** How far it is, in a sentence. */
      sentence: string;
      by: string | null;
      reason: string | null;
      askedAtMs: number | null;
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      } | null;
      ratePerSecond: number | null;
      publish: boolean | null;
      epoch: number | null;
      done: number;
      total: number | null;
      remainingMs: number | null;
      problem: string | null;

      /** A rebuild that has caught up: the handler is live in its epoch. */
      isLive: boolean;
    };
  };

  /** Asks the service to pause a replay */
  "/replays/{id}/pause": {
    path: { id: string };
    query: {};
    body: { reason?: string };
    answer: {
      id: string;
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

      /** How far it is, in a sentence. */
      sentence: string;
      by: string | null;
      reason: string | null;
      askedAtMs: number | null;
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      } | null;
      ratePerSecond: number | null;
      publish: boolean | null;
      epoch: number | null;
      done: number;
      total: number | null;
      remainingMs: number | null;
      problem: string | null;

      /** A rebuild that has caught up: the handler is live in its epoch. */
      isLive: boolean;
    };
  };

  /** Asks the service to resume a replay */
  "/replays/{id}/resume": {
    path: { id: string };
    query: {};
    body: { reason?: string };
    answer: {
      id: string;
      service: string;
      handler: string;
      kind: "rebuild" | "rerun";
      state: "asked" | "running" | "paused" | "done" | "cancelled" | "refused";

      /** How far it is, in a sentence. */
      sentence: string;
      by: string | null;
      reason: string | null;
      askedAtMs: number | null;
      range: {
        fromMs: number | null;
        toMs: number | null;
        types: readonly string[] | null;
        subjects: readonly string[] | null;
        places: readonly { topic: string; partition: number | null; fromOffset: number | null; toOffset: number | null }[] | null;
      } | null;
      ratePerSecond: number | null;
      publish: boolean | null;
      epoch: number | null;
      done: number;
      total: number | null;
      remainingMs: number | null;
      problem: string | null;

      /** A rebuild that has caught up: the handler is live in its epoch. */
      isLive: boolean;
    };
  };

  /** Logs in with a password */
  "/session": {
    path: {};
    query: {};
    body: { user: string; password: string };
    answer: {
      /** open: on loopback, where nobody needs to log in. */
      mode: "open" | "login";
      actor: {
        name: string;
        kind: "local" | "user" | "oidc" | "token" | "nobody";
        role: "viewer" | "operator" | "admin";

        /** What it may see. Null: everything. */
        services: readonly string[] | null;
        grants: readonly {
          role: "viewer" | "operator" | "admin";

          /** Null: everywhere. */
          services: readonly string[] | null;

          /** Lets a viewer see the data of events. */
          payloads?: boolean;
        }[];
      } | null;
      login: {
        password: boolean;
        oidc: boolean;

        /** There is nobody yet: the first admin is to be made with the token on the console. */
        setup: boolean;
      };

      /** Where one trace is shown, with {traceId} in the place of its id; told to whoever is logged in. */
      traceUrl: string | null;
    };
  };

  /** Changes one's own password; every other session of one's own ends */
  "/session/password": { path: {}; query: {}; body: { current: string; password: string }; answer: unknown };

  /** Makes the first admin, with the token that stands on the console of the control plane */
  "/session/setup": {
    path: {};
    query: {};
    body: { token: string; user: string; password: string };
    answer: {
      /** open: on loopback, where nobody needs to log in. */
      mode: "open" | "login";
      actor: {
        name: string;
        kind: "local" | "user" | "oidc" | "token" | "nobody";
        role: "viewer" | "operator" | "admin";

        /** What it may see. Null: everything. */
        services: readonly string[] | null;
        grants: readonly {
          role: "viewer" | "operator" | "admin";

          /** Null: everywhere. */
          services: readonly string[] | null;

          /** Lets a viewer see the data of events. */
          payloads?: boolean;
        }[];
      } | null;
      login: {
        password: boolean;
        oidc: boolean;

        /** There is nobody yet: the first admin is to be made with the token on the console. */
        setup: boolean;
      };

      /** Where one trace is shown, with {traceId} in the place of its id; told to whoever is logged in. */
      traceUrl: string | null;
    };
  };

  /** Tells nobody of incidents of these groups for a while; what is still open at its end is told then */
  "/silences": {
    path: {};
    query: {};
    body: {
      /** A group, or the beginning of names and "*". */
      groups: string;

      /** Default: now. */
      fromMs?: number;

      /** When it ends. */
      untilMs: number;
      reason: string;
    };
    answer: {
      id: string;

      /** A group, or the beginning of names and "*". */
      groups: string;
      fromMs: number;
      untilMs: number;
      reason: string;
      by: string;
    };
  };

  /** Makes a token; its secret is told this once */
  "/tokens": {
    path: {};
    query: {};
    body: {
      name: string;
      grants: readonly {
        role: "viewer" | "operator" | "admin";

        /** Null: everywhere. */
        services: readonly string[] | null;

        /** Lets a viewer see the data of events. */
        payloads?: boolean;
      }[];
      expiresAtMs: number;
    };
    answer: {
      token: Token;

      /** Told this once, and kept nowhere. */
      secret: string;
    };
  };

  /** Adds a user */
  "/users": {
    path: {};
    query: {};
    body: {
      name: string;
      password: string;
      grants: readonly {
        role: "viewer" | "operator" | "admin";

        /** Null: everywhere. */
        services: readonly string[] | null;

        /** Lets a viewer see the data of events. */
        payloads?: boolean;
      }[];
    };
    answer: {
      name: string;
      grants: readonly {
        role: "viewer" | "operator" | "admin";

        /** Null: everywhere. */
        services: readonly string[] | null;

        /** Lets a viewer see the data of events. */
        payloads?: boolean;
      }[];
      isLocked: boolean;
      createdAtMs: number;
      createdBy: string;
      loggedInAtMs: number | null;
    };
  };
}

export interface PutRoutes {}

export interface PatchRoutes {
  /** Changes what a user may do, its password, or locks it out; a new password and a lock end its sessions */
  "/users/{name}": {
    path: { name: string };
    query: {};
    body: {
      password?: string;
      grants?: readonly {
        role: "viewer" | "operator" | "admin";

        /** Null: everywhere. */
        services: readonly string[] | null;

        /** Lets a viewer see the data of events. */
        payloads?: boolean;
      }[];
      isLocked?: boolean;
    };
    answer: {
      name: string;
      grants: readonly {
        role: "viewer" | "operator" | "admin";

        /** Null: everywhere. */
        services: readonly string[] | null;

        /** Lets a viewer see the data of events. */
        payloads?: boolean;
      }[];
      isLocked: boolean;
      createdAtMs: number;
      createdBy: string;
      loggedInAtMs: number | null;
    };
  };
}

export interface DeleteRoutes {
  /** Logs out */
  "/session": { path: {}; query: {}; body: undefined; answer: unknown };

  /** Ends a session: one's own, or as an admin anybody's */
  "/sessions/{id}": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** Ends a silence now */
  "/silences/{id}": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** Ends a token at once */
  "/tokens/{id}": { path: { id: string }; query: {}; body: undefined; answer: unknown };

  /** Removes a user, and ends its sessions */
  "/users/{name}": { path: { name: string }; query: {}; body: undefined; answer: unknown };
}
