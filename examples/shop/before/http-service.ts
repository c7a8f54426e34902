import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import Fastify, { type FastifyInstance } from "fastify";
import { listen, type ServerName } from "../front-door/ports.ts";
import { answerProblems, Problem } from "../front-door/problem.ts";
import { CallFailed } from "./call.ts";

/** A service of the shop over HTTP: routes, a database of its own, and a count of how its requests ended. */
export interface HttpService {
  readonly app: FastifyInstance;
  readonly db: DatabaseSync;
  start(): Promise<void>;
}

export function httpService(name: ServerName, tables: string): HttpService {
  const folder = process.env.SHOP_DATA ?? "data/shop-before";
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, `${name}.db`));
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; ${tables}`);

  const app = Fastify();
  answerProblems(app, (error) =>
    error instanceof CallFailed ? new Problem(error.timedOut ? 504 : 502, `${error.service} failed`, error.message) : error,
  );

  const answers = { ok: 0, failed: 0 };
  app.addHook("onResponse", async (request, reply) => {
    if (request.url !== "/stats") answers[reply.statusCode < 500 ? "ok" : "failed"]++;
  });
  app.get("/stats", async () => answers);

  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
  return { app, db, start: () => listen(app, name) };
}
