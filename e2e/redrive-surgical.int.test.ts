import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteJobs, type JobItem } from "@throughline/control";
import type { EventLog, LogRecord } from "throughline/seams";
import { readRedriveRequest } from "throughline/system-topics";
import { until } from "../examples/shop/driver/until.ts";
import { failing, groups, handler, publishOrders, startTwelveGroups } from "./redrive/twelve-groups.ts";
import { sizes } from "./sizes.ts";

const letters = sizes({ test: 3_000, soak: 100_000 });
const ratePerSecond = sizes({ test: 250, soak: 400 });
const kills = 5;
/** Lives of a small run are some seconds long, of which a busy machine may take a part that is not made up for: all of them count as one. */
const least = sizes({ test: 0.85, soak: 0.95 });
const main = join(import.meta.dirname, "redrive/control-main.ts");

interface Control {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** @param dieAfter It kills itself with so many appends of requests, before it has noted the last of them. */
function startControl(folder: string, dieAfter: number | null): Control {
  const child = spawn(process.execPath, ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", main], {
    env: {
      ...process.env,
      FOLDER: folder,
      SERVICE: failing,
      RATE: String(ratePerSecond),
      DIE_AFTER: dieAfter === null ? "" : String(dieAfter),
    },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return { child, ended: new Promise((resolve) => child.once("exit", () => resolve())) };
}

async function recordsOf(log: EventLog, topic: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  if (!(await log.topics()).some(({ name }) => name === topic)) return records;
  for (const { partition } of await log.offsets(topic))
    for await (const batch of log.read({ topic, partition, fromOffset: 0 })) records.push(...batch);
  return records;
}

const countOf = async (log: EventLog, topic: string): Promise<number> =>
  (await log.topics()).some(({ name }) => name === topic) ? (await log.offsets(topic)).reduce((sum, { end }) => sum + end, 0) : 0;

test(
  `${letters} dead letters of one of twelve groups are redriven with ${kills} kills on the way: none lost, none elsewhere, each once and in order`,
  { timeout: sizes({ test: 400_000, soak: 3_000_000 }) },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-redrive-"));
    const twelve = await startTwelveGroups(folder);
    let control: Control | null = null;
    t.after(async () => {
      control?.child.kill("SIGKILL");
      await twelve.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const { log, handled } = twelve;
    await publishOrders(log, letters);
    const wait = { timeoutMs: sizes({ test: 120_000, soak: 1_200_000 }), everyMs: 200 };
    await until("all are dead letters of one group", async () => (await countOf(log, `${failing}.dlt`)) === letters, wait);
    const others = groups.filter((group) => group !== failing);
    await until("the others have handled all", () => others.every((group) => handled.get(group)! >= letters), wait);
    const before = new Map(handled);
    const events = await countOf(log, "order");
    twelve.mend();

    const runs: { readonly from: number; readonly to: number }[] = [];
    for (let kill = 0; kill <= kills; kill++) {
      const from = Date.now();
      // Every other one dies between its append and its note of it; the others wherever they are.
      const isByItself = kill % 2 === 0 && kill < kills;
      control = startControl(folder, isByItself ? Math.max(5, Math.floor(letters / kills / 30)) : null);
      const aim = ((kill + 1) * letters) / (kills + 1);
      if (isByItself) await control.ended;
      else if (kill < kills) {
        await until("it is on its way", async () => (await countOf(log, `${failing}.redrive`)) >= aim, wait);
        control.child.kill("SIGKILL");
        await control.ended;
      } else {
        await until("each is handled", async () => (await twelve.effects()).length >= letters, wait);
      }
      runs.push({ from, to: Date.now() });
    }
    const { id, total, planMs, heapUsed } = JSON.parse(readFileSync(join(folder, "job"), "utf8")) as {
      id: string;
      total: number;
      planMs: number;
      heapUsed: number;
    };
    const jobs = await openSqliteJobs(join(folder, "jobs.db"));
    t.after(() => jobs.close());
    await until("the job ends", async () => (await jobs.job(id))?.endedAtMs != null, wait);
    control!.child.kill("SIGKILL");

    // None lost: each letter was applied, and each event has its one effect.
    assert.equal(total, letters);
    const job = (await jobs.job(id))!;
    assert.deepEqual([job.state, job.counts], ["done", { applied: letters }]);
    const items: JobItem[] = [];
    for (let cursor: number | null = 0; cursor !== null;) {
      const page = await jobs.items(id, { cursor, limit: 1_000 });
      items.push(...page.items);
      ({ cursor } = page);
    }
    assert.equal(new Set(items.map(({ failureId }) => failureId)).size, letters);
    const effects = await twelve.effects();
    assert.equal(effects.length, letters);
    assert.equal(new Set(effects.map(({ subject, change }) => `${subject} ${change}`)).size, letters);

    // In the order of each subject.
    const last = new Map<string, number>();
    for (const { subject, change } of effects) {
      assert.equal(change, (last.get(subject) ?? 0) + 1, `${subject} was handled out of order`);
      last.set(subject, change);
    }

    // Nowhere else: no other group was asked, and none handled anything.
    for (const group of others) {
      assert.equal(handled.get(group), before.get(group), group);
      assert.equal(await countOf(log, `${group}.redrive`), 0, group);
    }
    assert.equal(await countOf(log, "order"), events);

    // What was asked for twice has one id. Mostly nothing is: whoever takes over first reads what was answered.
    const records = await recordsOf(log, `${failing}.redrive`);
    const requests = records.map(({ value }) => readRedriveRequest(value)!);
    assert.equal(new Set(requests.map(({ requestId }) => requestId)).size, letters);
    assert.ok(requests.every((request) => request.service === failing && request.handler === handler));
    const repeats = requests.length - letters;

    // At the rate, whenever it ran.
    let [sent, ms, fastest] = [0, 0, 0];
    for (const { from, to } of runs) {
      const times = records
        .map(({ timestampMs }) => timestampMs)
        .filter((at) => at >= from && at <= to)
        .toSorted((a, b) => a - b);
      const [first = 0, end = 0] = [times[0], times.at(-1)];
      // Too short to have a rate.
      if (end - first < 1_500) continue;
      [sent, ms] = [sent + times.length - 1, ms + end - first];
      fastest = Math.max(fastest, (times.length - 1) / ((end - first) / 1_000));
    }
    const rate = sent / (ms / 1_000);
    console.log(
      `# ${letters} letters planned in ${Math.round(planMs)} ms (heap ${Math.round(heapUsed / 1e6)} MB), ${repeats} requests repeated, ` +
        `${rate.toFixed(1)} a second for ${ratePerSecond}, in no life more than ${fastest.toFixed(1)}`,
    );
    assert.ok(rate > ratePerSecond * least && fastest < ratePerSecond * 1.05, `${rate} a second, ${fastest} at most`);
    assert.ok(planMs < 10_000 * Math.max(1, letters / 10_000), `${planMs} ms`);
  },
);
