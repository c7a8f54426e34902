import { conformanceThrough } from "./executors/conformance.ts";
import { kyselyUnderTest } from "./executors/kysely.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

conformanceThrough(kyselyUnderTest, database);
