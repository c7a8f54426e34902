import { typeOrmUnderTest } from "./executors/typeorm.ts";
import { executorSafety } from "./executors/safety.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

executorSafety(typeOrmUnderTest, database);
