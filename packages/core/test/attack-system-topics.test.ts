import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { auditTopic, commandsTopic, receiptsTopic, servicesTopic } from "../src/system-topics/index.ts";
import { eventRecord, InvoiceCreated, isSettled, memory, OrderUpdated, readAll, receipts, service, until } from "./harness.ts";
import { progress, replay } from "./replay-harness.ts";

const systemTopics = [servicesTopic, commandsTopic, receiptsTopic, auditTopic];

describe("system topics deleted in mid-run (R14)", () => {
  it(
    "no service notices, and commands, receipts and announcements work again when they are back",
    { timeout: 60_000 },
    async () => {
      const { log, store } = memory(2);
      await log.createTopics([{ name: "order" }]);
      const lines: { level: string; msg: string; err?: { message: string } }[] = [];
      const reader = service("reader", log, store, {
        log: { level: "warn", destination: { write: (line: string) => void lines.push(JSON.parse(line)) } },
      });
      let retried = 0;
      reader.on(OrderUpdated, "note", async ({ data, sequence }, ctx) => {
        if (data.total % 5 === 0 && ctx.attempt === 1) {
          retried++;
          throw new Error("once");
        }
        await ctx.tx.insert(`epoch${ctx.epoch}:${sequence}`, true);
        await ctx.publish(InvoiceCreated, data);
      });
      await using running = await reader.start();
      let n = 0;
      const handle = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) await log.append([eventRecord(OrderUpdated, { order_id: "o", total: ++n }, n)]);
        await until(
          `${n} are handled`,
          async () => store.entries("epoch1:").length === n && (await isSettled(log, store, ["order"])),
        );
      };
      await handle(10);
      for (let round = 1; round <= 2; round++) {
        for (const topic of systemTopics) log.deleteTopic(topic);
        await handle(20);
        const before = n;
        assert.deepEqual(await running.health(), { live: true, ready: true, problems: [] });
        await until("they are back", async () => {
          const names = (await log.topics()).map(({ name }) => name);
          return systemTopics.every((topic) => names.includes(topic));
        });
        await handle(5);
        const id = await replay(log, "note", { kind: "rerun" });
        await until("the command was carried out and announced", async () => (await progress(log, id))?.state === "done");
        await until("receipts of what came since", async () =>
          (await receipts(log)).some((receipt) => receipt.kind === "range" && receipt.to > before / 2),
        );
      }
      await until("all is published", async () => (await readAll(log, "invoice")).length === n);
      assert.ok(retried > 5);
      const warnings = lines.filter(({ msg }) => !msg.startsWith("attempt ")).map(({ msg }) => msg);
      assert.deepEqual(
        warnings.filter(
          (message, i) => warnings.filter((other) => other === message).length > 2 && warnings.indexOf(message) === i,
        ),
        [],
        "no warning more than once a loss",
      );
      assert.deepEqual(
        lines.filter(({ level }) => level !== "warn"),
        [],
      );
    },
  );
});
