import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { sizes } from "../../../e2e/sizes.ts";

const rounds = sizes({ test: 50, soak: 1_000 });
const writers = 4;
const program = join(import.meta.dirname, "processes/registry-process.ts");

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
}

async function start(file: string): Promise<Server> {
  const child = spawn(process.execPath, [...process.execArgv, program, file], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { url, process: child };
}

/** Null when the server died over it: then it may have happened or not. */
async function ask(
  server: Server,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: never } | null> {
  try {
    const response = await fetch(`${server.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/vnd.schemaregistry.v1+json" }, body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as never };
  } catch {
    return null;
  }
}

/** Every third of Protobuf. */
const schemaOf = (name: string): { schemaType: string; schema: string } =>
  [...name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % 3 === 0
    ? {
        schemaType: "PROTOBUF",
        schema: `syntax = "proto3"; message Order { option deprecated = true; string ${name.replaceAll(/\W/g, "_")} = 1; }`,
      }
    : { schemaType: "JSON", schema: JSON.stringify({ type: "object", title: name }) };

/** What one writer knows: nobody else writes to its subject. */
interface Expected {
  /** Acknowledged, and not deleted since. */
  readonly there: Map<number, string>;
  /** Acknowledged as deleted for good. */
  readonly gone: Set<number>;
  /** Asked for and not answered: there or not. */
  readonly unsure: Set<string>;
}

test(`${rounds} rounds of register, delete, kill -9 and restart by ${writers} writers: ids stable, nothing lost, nothing back`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-registry-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "registry.db");
  const ids = new Map<string, number>();
  const expected: Expected[] = Array.from({ length: writers }, () => ({ there: new Map(), gone: new Set(), unsure: new Set() }));
  // Two processes on one file: one is killed in each round, while the other goes on.
  const servers = [await start(file), await start(file)];
  t.after(() => servers.forEach(({ process: child }) => child.kill("SIGKILL")));
  await ask(servers[0] as Server, "PUT", "/config", { compatibility: "NONE" });

  const note = (text: string, id: number): void => {
    assert.equal(ids.get(text) ?? id, id, `${text} has another id`);
    for (const [other, known] of ids) assert.ok(known !== id || other === text, `${id} means ${other} and ${text}`);
    ids.set(text, id);
  };

  /** Some writes of one writer, until its server dies. */
  const write = async (writer: number, server: Server, round: number): Promise<void> => {
    const { there, gone, unsure } = expected[writer] as Expected;
    const subject = `writer-${writer}`;
    for (let n = 0; n < 4; n += 1) {
      // Some schemas are everybody's: the same id for all.
      const asked = schemaOf(n === 3 ? `shared ${round}` : `${subject} ${round} ${n}`);
      const text = asked.schema;
      unsure.add(text);
      const answer = await ask(server, "POST", `/subjects/${subject}/versions`, asked);
      if (answer === null) return;
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const { id } = answer.body as { id: number };
      note(text, id);
      const found = await ask(server, "POST", `/subjects/${subject}`, asked);
      if (found === null) return;
      const { version } = found.body as { version: number };
      unsure.delete(text);
      there.set(version, text);
      if (n !== 1) continue;
      unsure.add(text);
      there.delete(version);
      if ((await ask(server, "DELETE", `/subjects/${subject}/versions/${version}`)) === null) return;
      if ((await ask(server, "DELETE", `/subjects/${subject}/versions/${version}?permanent=true`)) === null) return;
      unsure.delete(text);
      gone.add(version);
    }
  };

  const look = async (server: Server): Promise<void> => {
    for (const [writer, { there, gone, unsure }] of expected.entries()) {
      const subject = `writer-${writer}`;
      const all = await ask(server, "GET", `/schemas?subjectPrefix=${subject}`);
      const found = (all?.body ?? []) as { version: number; id: number; schema: string }[];
      const versions = new Map(found.map((each) => [each.version, each]));
      for (const [version, text] of there) assert.equal(versions.get(version)?.schema, text, `${subject} ${version} is lost`);
      for (const { version, id, schema } of found) {
        note(schema, id);
        const isNew = !there.has(version);
        if (!isNew) continue;
        assert.ok(unsure.has(schema), `${subject} ${version} came back`);
        // A version's number may be given again, when it was the last one.
        gone.delete(version);
        there.set(version, schema);
      }
      unsure.clear();
    }
  };

  for (let round = 0; round < rounds; round += 1) {
    const victim = round % 2;
    const writing = expected.map((_, writer) => write(writer, servers[writer % 2] as Server, round));
    setTimeout(() => servers[victim]?.process.kill("SIGKILL"), Math.random() * 40);
    await Promise.all(writing);
    const { process: child } = servers[victim] as Server;
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    servers[victim] = await start(file);
    await look(servers[victim]);
  }
  assert.ok(ids.size > rounds);
});
