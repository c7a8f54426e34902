import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { startPostgres, unsynced } from "../../../scripts/services/postgres.ts";
import { openPostgresRegistryStore, startRegistry } from "../src/index.ts";
import { registryApiSuite } from "./api-suite.ts";

const server = await startPostgres({ settings: { ...unsynced, max_connections: 300 } });
after(() => server.close());
let databases = 0;

async function newDatabase(): Promise<string> {
  const name = `registry_${(databases += 1)}`;
  const client = new pg.Client({ connectionString: server.url() });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.url(name);
}

registryApiSuite("PostgreSQL", async () => openPostgresRegistryStore(await newDatabase()));

test("ten registries that open one empty database at once agree on ids", async () => {
  const store = await newDatabase();
  const registries = await Promise.all(Array.from({ length: 10 }, () => startRegistry({ store, port: 0 })));
  // The same of Protobuf is written differently by each.
  const schemaOf = (title: string, index: number): object =>
    title < "c"
      ? { schemaType: "JSON", schema: JSON.stringify({ title }) }
      : { schemaType: "PROTOBUF", schema: `syntax = "proto3";${" ".repeat(index)}message A { string ${title} = 1; }` };
  const register = async (url: string, subject: string, schema: object): Promise<number> => {
    const response = await fetch(`${url}/subjects/${subject}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify(schema),
    });
    assert.equal(response.status, 200);
    return ((await response.json()) as { id: number }).id;
  };
  try {
    const titles = ["a", "b", "c", "d"];
    const asked = registries.flatMap(({ url }, index) =>
      titles.map(async (title) => [title, await register(url, `${title}-${index % 3}`, schemaOf(title, index))] as const),
    );
    const ids = Map.groupBy(await Promise.all(asked), ([title]) => title);
    for (const [title, each] of ids) assert.equal(new Set(each.map(([, id]) => id)).size, 1, title);
    assert.deepEqual([...ids.values()].map((each) => each[0]?.[1]).toSorted(), [1, 2, 3, 4]);
  } finally {
    await Promise.all(registries.map((each) => each.close()));
  }
});
