import { conformanceThrough } from "./executors/conformance.ts";
import { drizzleUnderTest } from "./executors/drizzle.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

conformanceThrough(drizzleUnderTest, database);
