import type pg from "pg";

/** Runs `work` in a transaction on a connection of the pool; what it throws rolls back all of it. A connection that was lost is not used again. */
export async function transact<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isUsable = false;
  const lost = (): void => undefined;
  client.on("error", lost);
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    isUsable = true;
    return result;
  } catch (error) {
    isUsable = await client.query("ROLLBACK").then(
      () => true,
      () => false,
    );
    throw error;
  } finally {
    client.off("error", lost);
    client.release(!isUsable);
  }
}
