// A mail provider for the demo. It takes mails over HTTP and, as real providers do, sends one mail for each idempotency key
// however often it is called with it. What it sent stands in a file, so a checker can count calls and distinct mails.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import Fastify from "fastify";
import { z } from "zod";
import { listen } from "../front-door/ports.ts";
import { answerProblems, parseBody } from "../front-door/problem.ts";

const file = process.env.SHOP_MAIL_SINK_FILE ?? "data/shop/mail-sink.db";
mkdirSync(dirname(file), { recursive: true });
const db = new DatabaseSync(file);
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS mails (key TEXT PRIMARY KEY, recipient TEXT NOT NULL, about TEXT NOT NULL, order_id TEXT NOT NULL, calls INTEGER NOT NULL DEFAULT 1)`);
const take = db.prepare(
  "INSERT INTO mails (key, recipient, about, order_id) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET calls = calls + 1 RETURNING calls",
);

const Mail = z.object({ to: z.string(), about: z.string(), order_id: z.string() });

const app = Fastify();
answerProblems(app);

app.post("/mails", async (request, reply) => {
  const mail = parseBody(Mail, request.body);
  const given = request.headers["idempotency-key"];
  const key = typeof given === "string" ? given : crypto.randomUUID();
  const { calls } = take.get(key, mail.to, mail.about, mail.order_id) as { calls: number };
  return reply.code(calls === 1 ? 201 : 200).send({ mail_id: key, sent: calls === 1 });
});

app.get("/stats", async () => db.prepare("SELECT count(*) AS mails, coalesce(sum(calls), 0) AS calls FROM mails").get());

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void app.close().then(() => db.close()));
await listen(app, "mail-sink");
