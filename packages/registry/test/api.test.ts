import { openSqliteRegistryStore } from "../src/index.ts";
import { registryApiSuite } from "./api-suite.ts";

registryApiSuite("SQLite", () => openSqliteRegistryStore(":memory:"));
