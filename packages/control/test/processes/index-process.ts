// Indexes a long log into a file, prints "ready" when it begins and "done" when it has caught up.
import { openSqliteIndex } from "../../src/index-store/sqlite/open-sqlite-index.ts";
import { createIndexer } from "../../src/indexing/indexer.ts";
import { longLog } from "../long-log.ts";
import { noonMs } from "../small-log.ts";

const [file, flows, failEvery] = process.argv.slice(2) as [string, string, string];
await using store = openSqliteIndex(file);
const log = longLog(Number(flows), Number(failEvery));
process.stdout.write("ready\n");
await createIndexer({ log, store, batchRecords: 500, now: () => noonMs + Number(flows) }).catchUp();
process.stdout.write("done\n");
