import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { test, type TestContext } from "node:test";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A service that says where it is, and does what its test needs. */
const service = (body: string): string => `
const say = (msg) => console.log(JSON.stringify({ level: 30, time: Date.now(), msg, correlationId: "corr-1" }));
const idle = setInterval(() => {}, 1000);
${body}
say("up " + process.env.THROUGHLINE_STORE + " " + process.env.THROUGHLINE_EVENTS);
`;
const stopsCleanly = `process.on("SIGTERM", () => { say("clean stop"); clearInterval(idle); });`;

class Dev {
  readonly process: ChildProcess;
  output = "";

  constructor(t: TestContext, folder: string, args: readonly string[]) {
    const { THROUGHLINE_EVENTS: _, ...env } = process.env;
    this.process = spawn(
      process.execPath,
      ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning", main, "dev", ...args],
      { cwd: folder, env: { ...env, NO_COLOR: "1" } },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on("data", (chunk) => (this.output += String(chunk)));
    t.after(() => this.process.kill("SIGINT"));
  }

  async until(expected: RegExp, times = 1): Promise<void> {
    const all = new RegExp(expected.source, "gm");
    while ((this.output.match(all)?.length ?? 0) < times) {
      if (this.process.exitCode !== null) assert.fail(`dev ended before it printed ${expected}:\n${this.output}`);
      const seen = new AbortController();
      await Promise.race([once(this.process.stdout!, "data", seen), once(this.process, "exit", seen)]).finally(() =>
        seen.abort(),
      );
    }
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<number | null> {
    const exited = this.process.exitCode === null ? once(this.process, "exit") : null;
    this.process.kill(signal);
    await exited;
    return this.process.exitCode;
  }
}

async function project(t: TestContext, services: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-dev-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, body] of Object.entries(services)) {
    await mkdir(join(folder, "services", name), { recursive: true });
    await writeFile(join(folder, "services", name, "main.mjs"), service(body));
  }
  return folder;
}

test("runs each service with its own store on one log, and stops all cleanly on Ctrl-C", { timeout: 30_000 }, async (t) => {
  const folder = await project(t, { orders: stopsCleanly, billing: stopsCleanly });
  const dev = new Dev(t, folder, []);
  await dev.until(/billing +INFO {2}up sqlite:.\/data\/billing.db sqlite:.\/data\/events.db corr-1/);
  await dev.until(/orders +INFO {2}up sqlite:.\/data\/orders.db/);
  assert.equal(await dev.stop(), 0);
  assert.match(dev.output, /billing +INFO {2}clean stop/);
  assert.match(dev.output, /orders +INFO {2}clean stop/);
  assert.match(dev.output, /throughline INFO {2}stopped\n$/);
});

test("starts a crashed service again, and shows its stack", { timeout: 30_000 }, async (t) => {
  const folder = await project(t, { orders: `setTimeout(() => { throw new Error("out of luck"); }, 10);` });
  const dev = new Dev(t, folder, []);
  await dev.until(/ERROR orders crashed with exit code 1; starting it again in 0.5 s/);
  await dev.until(/ERROR orders crashed with exit code 1; starting it again in 1 s/);
  await dev.until(/│ +Error: out of luck/);
  assert.equal(await dev.stop("SIGTERM"), 0);
});

test("--watch restarts the service whose file changed, and only that one", { timeout: 30_000 }, async (t) => {
  const folder = await project(t, { orders: stopsCleanly, billing: stopsCleanly });
  const dev = new Dev(t, folder, ["--watch"]);
  await dev.until(/INFO {2}up/, 2);
  await writeFile(join(folder, "services", "orders", "main.mjs"), service(`${stopsCleanly} say("second edition");`));
  await dev.until(/orders +INFO {2}second edition/);
  assert.match(dev.output, /main.mjs changed: restarting orders\n/);
  assert.equal(dev.output.match(/billing +INFO {2}up/g)?.length, 1);
  assert.equal(await dev.stop(), 0);
});

test(
  "--json passes the services' lines through as they are, and --only leaves the others out",
  { timeout: 30_000 },
  async (t) => {
    const folder = await project(t, { orders: `${stopsCleanly} console.log("plain");`, billing: stopsCleanly });
    const dev = new Dev(t, folder, ["--json", "--only", "orders"]);
    await dev.until(/"up /);
    assert.match(dev.output, /^plain$/m);
    assert.equal(await dev.stop(), 0);
    assert.match(dev.output, /^\{"level":30,"time":\d+,"msg":"up sqlite:.\/data\/orders.db .*"correlationId":"corr-1"\}$/m);
    assert.doesNotMatch(dev.output, /billing/);
  },
);

test("a second Ctrl-C ends services that do not stop", { timeout: 30_000 }, async (t) => {
  const folder = await project(t, { orders: `process.on("SIGTERM", () => say("no"));` });
  const dev = new Dev(t, folder, []);
  await dev.until(/INFO {2}up/);
  const pressing = setInterval(() => dev.process.kill("SIGINT"), 100);
  await once(dev.process, "exit");
  clearInterval(pressing);
  assert.match(dev.output, /orders +INFO {2}no/);
  assert.match(dev.output, /stopped\n$/);
});

test("an unknown name after --only is wrong usage", { timeout: 30_000 }, async (t) => {
  const folder = await project(t, { orders: stopsCleanly });
  const dev = new Dev(t, folder, ["--only", "ordrs"]);
  await once(dev.process, "exit");
  assert.equal(dev.process.exitCode, 2);
  assert.match(dev.output, /--only names "ordrs", and .\/services has orders/);
});

test("a dev that is killed takes its services with it, cleanly", async (t) => {
  const mark = 'import("node:fs").then(({ writeFileSync }) => { writeFileSync("stopped", ""); process.exit(); })';
  const folder = await project(t, { lonely: `process.on("SIGTERM", () => ${mark});` });
  const dev = new Dev(t, folder, []);
  await dev.until(/up /);
  await dev.stop("SIGKILL");
  const isStopped = async (): Promise<boolean> =>
    (await readdir(folder, { recursive: true })).some((name) => basename(name) === "stopped");
  const endsAt = performance.now() + 20_000;
  while (!(await isStopped())) {
    assert.ok(performance.now() < endsAt, "the service was not told");
    await setImmediate();
  }
});
