import assert from "node:assert/strict";
import { join } from "node:path";
import { openSqliteLog } from "@throughline/sqlite";
import { PermanentError } from "throughline";
import { commandsTopic, redriveTopic } from "throughline/system-topics";
import { handling, record } from "./bringing.ts";
import type { Bring } from "./case.ts";
import type { Shop } from "./shop.ts";
import { until } from "./until.ts";
import { foreignRecord, goodData } from "./wire.ts";

export const threeTimes: Bring = async (shop, subject) => {
  for (let i = 0; i < 3; i++) await record({})(shop, subject);
};

/** A program that opens the same log with another limit. */
export const fromWriterWithoutLimit =
  (note: string, ce: Readonly<Record<string, string | null>> = {}): Bring =>
  async (shop, subject) => {
    await using log = await openSqliteLog({ path: join(shop.folder, "events.db"), maxRecordBytes: 8 * 1024 * 1024 });
    const [result] = await log.append([foreignRecord(subject, { ce, value: { ...goodData(subject), note } })]);
    assert.equal(result?.ok, true);
  };

async function appendTexts(shop: Shop, topic: string, texts: readonly (string | null)[]): Promise<void> {
  for (const text of texts) await shop.append({ topic, key: null, value: text === null ? null : Buffer.from(text), headers: [] });
}

/** The redrive that follows is carried out all the same. */
export const brokenRedrives: Bring = async (shop, subject) => {
  const almost = { action: "redrive", service: "billing", handler: "note", original: { headers: [] } };
  await appendTexts(shop, redriveTopic("billing"), [
    null,
    "",
    "{",
    "[]",
    "null",
    "7",
    "{}",
    '{"service":"billing"}',
    JSON.stringify(almost),
    JSON.stringify({ ...almost, failureId: 7, original: { key: 1, value: 2, headers: 3 } }),
  ]);
  await handling(() => {
    throw new PermanentError("never");
  })(shop, subject);
};

/** They are passed, so that the next one is read. */
export const brokenCommands: Bring = async (shop, subject) => {
  const almost = { command: "replay", service: "billing", handler: "note" };
  await appendTexts(shop, commandsTopic, [
    null,
    "",
    "{",
    "null",
    "7",
    "{}",
    JSON.stringify(almost),
    JSON.stringify({ ...almost, kind: "rerun", commandId: "c", range: { fromMs: "soon" } }),
    JSON.stringify({ ...almost, command: "make-coffee" }),
  ]);
  const [bounds] = await shop.log.offsets(commandsTopic);
  await until("the commands are passed", async () => {
    const cursors = await shop.billingStore.unitOfWork((unit) => unit.cursors.list(), { readOnly: true });
    return cursors.some(({ topic, offset }) => topic === commandsTopic && offset === bounds?.end);
  });
  await shop.place(subject);
};
