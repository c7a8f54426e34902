import { after } from "node:test";
import pg from "pg";
import { type PostgresServer, type PostgresServerOptions, startPostgres, unsynced } from "../../../scripts/services/postgres.ts";

/** A server for the tests of one file, and empty databases on it. It goes away with them. */
export async function testServer(options: PostgresServerOptions = {}): Promise<TestServer> {
  const server = await startPostgres({ ...options, settings: { ...unsynced, ...options.settings } });
  after(() => server.close());
  let count = 0;
  const onServer = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  return {
    server,
    async database() {
      const name = `test_${(count += 1)}`;
      await onServer(`CREATE DATABASE ${name}`);
      return server.url(name);
    },
  };
}

export interface TestServer {
  readonly server: PostgresServer;
  /** The address of a new one. */
  database(): Promise<string>;
}
