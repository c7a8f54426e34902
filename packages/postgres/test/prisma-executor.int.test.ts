import { prismaUnderTest } from "./executors/prisma.ts";
import { executorSafety } from "./executors/safety.ts";
import { testServer } from "./test-server.ts";

const { database } = await testServer({ settings: { fsync: "off" } });

executorSafety(prismaUnderTest, database);
