import type { EventLog } from "throughline/seams";
import {
  auditTopic,
  commandsTopic,
  describeControl,
  receiptsTopic,
  servicesTopic,
  topicSpec,
  type ServiceAnnouncement,
} from "throughline/system-topics";
import { isEventTopic, readFailures, readServices, type ServicesSeen } from "@throughline/control/reading";
import { formatAgo, formatMs } from "../output/durations.ts";
import { defaultLagThreshold, groupsOver, readLag } from "./lag.ts";

/** One line of a diagnosis. */
export interface Finding {
  readonly status: "ok" | "warn" | "fail";
  readonly check: string;
  readonly message: string;
  /** What to do; null where nothing needs doing. */
  readonly todo: string | null;
}

const ok = (check: string, message: string): Finding => ({ status: "ok", check, message, todo: null });
const warn = (check: string, message: string, todo: string): Finding => ({ status: "warn", check, message, todo });
const fail = (check: string, message: string, todo: string): Finding => ({ status: "fail", check, message, todo });

const oldestNode = [22, 17] as const;

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const enough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return enough
    ? ok("node", `Node ${version}`)
    : fail("node", `Node ${version} is too old`, `install Node ${oldestNode.join(".")} or later; 24 LTS is what we develop on`);
}

/** Looks at everything that the event log shows, worst things included. `log` is open: that it can be reached is the caller's finding. */
export async function diagnose(log: EventLog, nowMs: number, signal?: AbortSignal): Promise<Finding[]> {
  const services = await readServices(log, nowMs, signal);
  return [
    await checkWritable(log),
    ...(await checkTopics(log, services)),
    ...checkServices(services, nowMs),
    ...checkHandlers(services),
    ...checkControls(services),
    ...checkOutboxes(services, nowMs),
    await checkDeadLetters(log, services, signal),
    await checkLag(log, services, nowMs),
  ];
}

/** Appends a tombstone of a key that nobody uses to a compacted topic: it says nothing and is compacted away. */
async function checkWritable(log: EventLog): Promise<Finding> {
  const todo = "check the permissions and the free space of the log, or the broker's access rules";
  try {
    await log.createTopics([topicSpec(servicesTopic)]);
    const [result] = await log.append([
      { topic: servicesTopic, key: Buffer.from("throughline/doctor"), value: null, headers: [] },
    ]);
    return result?.ok === true
      ? ok("writable", "the event log takes records")
      : fail("writable", `the event log refused a record: ${result?.error.message}`, todo);
  } catch (error) {
    return fail("writable", `the event log cannot be written: ${(error as Error).message}`, todo);
  }
}

async function checkTopics(log: EventLog, services: ServicesSeen): Promise<Finding[]> {
  const topics = await log.topics();
  const names = new Set(topics.map(({ name }) => name));
  const events = topics.filter(({ name }) => isEventTopic(name));
  const findings = [
    events.length === 0
      ? warn("topics", "no events were ever published", "start a service that publishes: throughline dev")
      : ok("topics", `${events.length} with events: ${events.map(({ name }) => name).join(", ")}`),
  ];
  const missing =
    services.names().length === 0 ? [] : [receiptsTopic, commandsTopic, auditTopic].filter((name) => !names.has(name));
  if (missing.includes(receiptsTopic))
    findings.push(
      warn(
        "receipts",
        `there is no topic ${receiptsTopic}: flows cannot show what handlers did`,
        "it appears with the first handled event; on a broker with closed topics, create it",
      ),
    );
  return findings;
}

function checkServices(services: ServicesSeen, nowMs: number): Finding[] {
  const names = services.names();
  if (names.length === 0) return [warn("services", "no service has announced itself", "start one: throughline dev")];
  return names.flatMap((service) => {
    const absence = services.absence(service);
    const newest = services.newest(service)!;
    if (absence?.state === "stopped")
      return [warn(`service ${service}`, `stopped ${formatAgo(newest.atMs, nowMs)}`, "start it; its events wait")];
    if (absence !== null)
      return [
        fail(
          `service ${service}`,
          `silent: ${newest.instance} was last heard ${formatAgo(newest.atMs, nowMs)}, and did not say that it stops`,
          "look at its process and its log; restart it",
        ),
      ];
    const running = services.running(service);
    const silent = services.instances.filter(
      (instance) => instance.service === service && services.isSilent(instance) && !wasReplaced(instance, running),
    );
    return [
      ok(
        `service ${service}`,
        `${running.length === 1 ? "1 instance" : `${running.length} instances`}, version ${[...new Set(running.map(({ version }) => version))].join(" and ")}`,
      ),
      ...silent.map((instance) =>
        warn(
          `service ${service}`,
          `instance ${instance.instance} has gone silent ${formatAgo(instance.atMs, nowMs)}`,
          "look at its process; the others do its work",
        ),
      ),
    ];
  });
}

const wasReplaced = (silent: ServiceAnnouncement, running: readonly ServiceAnnouncement[]): boolean =>
  running.some((instance) => instance.startedAtMs >= silent.atMs);

function checkHandlers(services: ServicesSeen): Finding[] {
  const all = services.names().flatMap((service) => services.handlers(service).map((handler) => ({ service, handler })));
  const findings = all.flatMap(({ service, handler }) => {
    const check = `handler ${service}/${handler.name}`;
    if (handler.state === "stopped")
      return [fail(check, handler.problem ?? "stopped", `read what it says, then restart ${service}`)];
    if (handler.state === "waiting")
      return [
        warn(
          check,
          `waits: ${handler.problem ?? "for something another team delivers"}`,
          "it goes on by itself when that is there",
        ),
      ];
    if (handler.state === "failing")
      return [fail(check, handler.problem ?? "what it works with seems to be away", "look at its errors; it goes on by itself")];
    if (handler.state === "full")
      return [
        fail(
          check,
          handler.problem ?? "it has parked as much as it may",
          "redrive or discard its dead letters, or raise maxParked",
        ),
      ];
    if (handler.state === "paused")
      return [warn(check, handler.problem ?? "paused", `throughline resume ${service} ${handler.name}`)];
    if (handler.askedMode !== handler.mode)
      return [
        warn(
          check,
          `was to run ${handler.askedMode}, and runs ${handler.mode}: a statement of its ended that`,
          `look for the warning in the log of ${service}, and declare it as it runs`,
        ),
      ];
    return [];
  });
  return findings.length > 0 || all.length === 0 ? findings : [ok("handlers", `all ${all.length} work`)];
}

/** Limits and holds; a paused handler stands among the handlers. */
function checkControls(services: ServicesSeen): Finding[] {
  return services.names().flatMap((service) =>
    services
      .controls(service)
      .filter(({ kind }) => kind !== "pause")
      .map((control) => {
        const whose = control.handler === null ? service : `${service} ${control.handler}`;
        const what = control.subject === null ? `--tenant ${control.tenant}` : `--subject ${control.subject}`;
        const undo = control.kind === "limit" ? `throughline limit ${whose} --off` : `throughline release ${whose} ${what}`;
        return warn(`${control.kind} ${service}`, describeControl(control, control.handler), undo);
      }),
  );
}

const outboxPatienceMs = 60_000;

function checkOutboxes(services: ServicesSeen, nowMs: number): Finding[] {
  const findings = services.names().flatMap((service) => {
    const outbox = services.newest(service)?.outbox;
    if (!outbox) return [];
    if (outbox.problem != null)
      return [fail(`outbox ${service}`, outbox.problem, "put the right store back, or run throughline store recover")];
    if (outbox.stoppedSubjects > 0)
      return [
        fail(
          `outbox ${service}`,
          `the event log refused records of ${outbox.stoppedSubjects} subject${outbox.stoppedSubjects === 1 ? "" : "s"}`,
          `throughline store stopped --store <${service}'s store> says which and why, and throughline store repair goes on`,
        ),
      ];
    const ageMs = outbox.oldestMs === null ? 0 : nowMs - outbox.oldestMs;
    if (outbox.waiting > 0 && ageMs > outboxPatienceMs)
      return [
        warn(
          `outbox ${service}`,
          `${outbox.waiting} events wait, the oldest for ${formatMs(ageMs)}`,
          `${service} cannot reach the event log, or does not run`,
        ),
      ];
    return [];
  });
  return findings.length > 0 || services.names().length === 0 ? findings : [ok("outboxes", "nothing is stuck")];
}

async function checkDeadLetters(log: EventLog, services: ServicesSeen, signal: AbortSignal | undefined): Promise<Finding> {
  const failures = (await readFailures(log, services, signal ? { signal } : {})).filter(({ state }) => state !== "answered");
  if (failures.length === 0) return ok("dead letters", "none open");
  const handlers = [...new Set(failures.map(({ letter }) => `${letter.service}/${letter.handler}`))];
  return warn("dead letters", `${failures.length} open, of ${handlers.join(", ")}`, "throughline failed");
}

async function checkLag(log: EventLog, services: ServicesSeen, nowMs: number): Promise<Finding> {
  const report = await readLag(log, services, nowMs);
  const over = groupsOver(report, defaultLagThreshold);
  if (over.length === 0)
    return ok(
      "lag",
      report.groups.length === 0
        ? "no consumer groups yet"
        : `${report.groups.length} groups, none more than ${defaultLagThreshold.toLocaleString("en")} events behind`,
    );
  return warn(
    "lag",
    over
      .map(({ group, behind, behindMs }) => `${group} is ${behind.toLocaleString("en")} events (${formatMs(behindMs)}) behind`)
      .join("; "),
    "throughline lag",
  );
}
