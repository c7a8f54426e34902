import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import * as z from "zod";
import { defineEvent, encodeEvent, type MemoryLog, type Running, withSequence } from "../src/index.ts";
import type { NewRecord } from "../src/seams/index.ts";
import { deadLetterTopic, readDeadLetter, receiptsTopic, redriveRecord, redriveTopic } from "../src/system-topics/index.ts";
import { memory, readAll, service, until } from "./harness.ts";

const secrets = {
  email: "ada@example.org",
  phone: "+44 1632 960983",
  insurance: 987_654_321,
  initials: "Qx",
  quoted: 'O"Brien \\ née Čapek',
  street: "Threadneedle Street 7",
};
/** In any form in which they would stand in a text. */
const forms = Object.values(secrets).flatMap((secret) => [String(secret), JSON.stringify(String(secret)).slice(1, -1)]);

const data = z.object({
  order_id: z.string(),
  contact: z.object({ email: z.string(), phones: z.array(z.object({ number: z.string().regex(/^\+/) })) }),
  insurance: z.int(),
  initials: z.string().max(4),
  name: z.string(),
  address: z.object({ lines: z.array(z.string()) }),
});
const personal = ["contact.email", "contact.phones.number", "insurance", "initials", "name", "address"];
const OrderPlaced = defineEvent("order.placed", {
  version: 2,
  subject: "order_id",
  data,
  personal,
  // In version 1 they had other names.
  upcast: {
    1: ({ mail, tel, ...rest }: ReturnType<typeof before>) => ({
      ...rest,
      contact: { email: mail, phones: [{ number: tel }] },
    }),
  },
});

const { email, phone, insurance, initials, quoted, street } = secrets;
const common = { insurance, initials, name: quoted, address: { lines: [street] } };
const now = (order_id: string) => ({ order_id, ...common, contact: { email, phones: [{ number: "+1" }, { number: phone }] } });
const before = (order_id: string) => ({ order_id, ...common, mail: email, tel: phone });

let events = 0;
function recordOf(subject: string, value: unknown, more: { sequence?: number; version?: number; raw?: string } = {}): NewRecord {
  const encoded = encodeEvent({
    id: `01900000-0000-7000-8000-${String(++events).padStart(12, "0")}`,
    source: "orders",
    type: OrderPlaced.type,
    subject,
    timeMs: Date.now(),
    dataVersion: more.version ?? 2,
    data: value,
    correlationId: `c-${subject}`,
  });
  return {
    topic: "order",
    key: encoded.key,
    value: more.raw === undefined ? encoded.value : Buffer.from(more.raw),
    headers: withSequence(encoded.headers, more.sequence ?? 1, 0),
  };
}

/** Ways in which a handler's failure tells what it worked on. */
const failures: Readonly<Record<string, (event: ReturnType<typeof now>) => unknown>> = {
  message: (event) => new Error(`no mailbox ${event.contact.email} for ${event.name}, ${event.insurance}`),
  cause: (event) => new Error("it failed", { cause: new Error(event.contact.phones[1]?.number) }),
  "own-properties": (event) =>
    Object.assign(new Error("it failed"), { name: `For ${event.contact.email}`, code: event.contact.email, detail: event }),
  text: (event) => `${event.address.lines[0]}`,
  object: (event) => ({ event }),
  number: (event) => event.insurance,
  "long-message": (event) => new Error(`${"x".repeat(1_990)}${event.contact.email}`),
  "json-in-message": (event) => new Error(`the provider refused ${JSON.stringify(event)}`),
  "error-of-errors": (event) => new AggregateError([new Error(event.contact.email)], `two failed: ${event.initials} and more`),
};

describe("values of personal fields (R15)", () => {
  it("stand in nothing that leaves the event: receipts, letters, log lines, announcements, health", async () => {
    const { log, store } = memory(1);
    await log.createTopics([{ name: "order" }]);
    const lines: string[] = [];
    const reader = service("reader", log, store, {
      retryDelaysMs: [3],
      log: { level: "trace", destination: { write: (line: string) => void lines.push(line) } },
    });
    reader.on(OrderPlaced, "follow", async ({ data: event, subject }, { log: own }) => {
      own.info(
        { event, to: event.contact.email, list: [event.contact.phones] },
        `mail to ${event.contact.email} (${event.name})`,
      );
      own.error({ err: new Error(`no ${event.contact.phones[1]?.number}`, { cause: new Error(event.name) }) }, "it fails");
      const fail = failures[subject?.replace(/^older-/, "") ?? ""];
      if (fail !== undefined) throw fail(event);
    });
    reader.on(
      OrderPlaced,
      "call",
      {
        call: async ({ data: event }, { log: own }) => {
          own.warn({ event }, `calling ${event.contact.email}`);
          return event.contact.email;
        },
        commit: (result, { data: event, subject }) => {
          if (subject !== null && !subject.startsWith("fine")) throw new Error(`commit of ${result}: ${event.name}`);
        },
      },
      { replay: "run", order: "any" },
    );
    await using running = await reader.start();
    const kinds = Object.keys(failures);
    await log.append([
      // So many that the failures among them are no reason to hold the handlers back.
      ...Array.from({ length: 200 }, (_, n) => recordOf(`fine-${n}`, now(`fine-${n}`))),
      ...kinds.map((kind) => recordOf(kind, now(kind))),
      ...kinds.map((kind) => recordOf(`older-${kind}`, before(`older-${kind}`), { version: 1 })),
      recordOf("fine", now("fine")),
      recordOf("fine", now("fine")),
      recordOf("invalid", {
        ...now("invalid"),
        initials: `${email} is too long`,
        contact: { email: insurance, phones: [{ number: `no plus ${phone}` }] },
      }),
      recordOf("undecodable", {}, { raw: `{"contact":{"email":"${email}"},"name":${email}` }),
      recordOf("not-utf8", {}, { raw: `{"name":"${email}\ud800"` }),
      recordOf("too-new", now("too-new"), { version: 3 }),
    ]);
    const isOver = async (): Promise<boolean> => {
      const counts = await store.unitOfWork((unit) => unit.parked.counts());
      return counts.every(({ state, reason }) => state === "dead" || reason === "version");
    };
    const deadOf = async (reason: string) =>
      (await readAll(log, deadLetterTopic("reader"))).filter((record) => readDeadLetter(record)?.letter.reason === reason).length;
    await until("all have failed", async () => (await deadOf("failed")) === 4 * kinds.length && (await isOver()));
    assert.ok((await deadOf("conflict")) > 0 && (await deadOf("invalid")) > 0 && (await deadOf("undecodable")) > 0);
    await redrive(log);
    await until("the redrive failed again", async () => (await deadOf("failed")) === 4 * kinds.length + 1 && (await isOver()));
    const wasRefused = async () =>
      (await readAll(log, receiptsTopic)).some(({ value }) =>
        Buffer.from(value ?? "").includes("the edited payload is not valid"),
      );
    await until("the edit was refused", wasRefused);
    const told = await everythingTold(log, running);
    await running.close();
    for (const [where, text] of [...told, ["log lines", lines.map((line) => textOf(JSON.parse(line))).join("\n")] as const])
      for (const form of forms) assert.ok(!hasForm(text, form), `${form} in ${where}: ${excerpt(text, form)}`);
    assert.ok(lines.some((line) => line.includes("mail to [personal]")));
  });

  it("an id cannot be personal: it stands in headers, receipts and log lines", () => {
    const define = (about: object) => () =>
      defineEvent("user.joined", {
        version: 1,
        subject: "email",
        data: z.object({ email: z.string(), tenant: z.string() }),
        ...about,
      });
    assert.throws(define({ personal: ["email"] }), /for that is the subject/);
    assert.throws(define({ personal: ["/tenant"], tenant: "tenant" }), /for that is the tenant/);
    assert.doesNotThrow(define({ personal: ["tenant"] }));
  });
});

/** Asks for one letter again as it is, and for another with an edit that is not valid. */
async function redrive(log: MemoryLog): Promise<void> {
  const letters = (await readAll(log, deadLetterTopic("reader"))).map(readDeadLetter).filter((letter) => letter !== null);
  const [first, second] = letters.filter(({ letter }) => letter.handler === "follow" && letter.reason === "failed");
  const about = { by: "ann", reason: "as asked", atMs: Date.now(), service: "reader", handler: "follow", force: false } as const;
  assert.ok(first && second);
  for (const [{ letter, original }, editedValue] of [
    [first, null],
    [second, Buffer.from(JSON.stringify({ ...now("x"), contact: { email: { was: email } }, initials: `too long ${phone}` }))],
  ] as const)
    await log.append([
      redriveRecord({ ...about, action: "redrive", requestId: randomUUID(), failureId: letter.failureId, original, editedValue }),
    ]);
  await log.append([{ topic: redriveTopic("reader"), key: null, value: Buffer.from(`{"original": ${email}`), headers: [] }]);
}

async function everythingTold(log: MemoryLog, running: Running): Promise<[where: string, text: string][]> {
  const told: [string, string][] = [["health", textOf(await running.health())]];
  for (const { name } of await log.topics()) {
    if (name === "order" || name === redriveTopic("reader")) continue;
    for (const record of await readAll(log, name)) {
      // A letter holds the untouched original, which is the event itself.
      const letter = name === deadLetterTopic("reader") ? readDeadLetter(record) : null;
      const text = letter === null ? textOf(JSON.parse(Buffer.from(record.value ?? "null").toString())) : textOf(letter.letter);
      told.push([name, text]);
    }
  }
  return told;
}

/** Every name and value in it, as a reader of the JSON sees them. */
function textOf(json: unknown): string {
  if (typeof json !== "object" || json === null) return String(json);
  return Object.entries(json)
    .map(([name, value]) => `${name}: ${textOf(value)}`)
    .join("\n");
}

/** Short values only where they stand alone, as they are masked. */
function hasForm(text: string, form: string): boolean {
  return form.length >= 4 ? text.includes(form) : new RegExp(`(?<![\\p{L}\\p{N}])${form}(?![\\p{L}\\p{N}])`, "u").test(text);
}

function excerpt(text: string, form: string): string {
  const at = text.indexOf(form);
  return text.slice(Math.max(0, at - 150), at + 60);
}
