import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startKafka } from "./services/kafka.ts";

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
  });

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("startKafka", () => {
  it("starts three brokers that can be killed and started again one by one, and leaves nothing behind", async () => {
    const kafka = await startKafka({ brokers: 3 });
    const pids = kafka.brokers.map(({ pid }) => pid);
    try {
      assert.equal(new Set(pids).size, 3);
      const [broker] = kafka.brokers;
      assert.ok(broker);
      await broker.kill();
      assert.deepEqual([broker.isRunning, await accepts(broker.port)], [false, false]);
      await broker.start();
      assert.deepEqual([broker.isRunning, await accepts(broker.port)], [true, true]);
    } finally {
      await kafka.close();
    }
    for (const pid of pids) assert.throws(() => process.kill(pid, 0));
  });

  it("leaves no broker behind when the process that started it is killed", { timeout: 120_000 }, async () => {
    const program = `const { startKafka } = await import(${JSON.stringify(new URL("services/kafka.ts", import.meta.url).href)});
      const kafka = await startKafka(); console.log(kafka.brokers[0].pid); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    process.kill(pid, 0);
    child.kill("SIGKILL");
    while (isAlive(pid)) await delay(20);
  });
});
