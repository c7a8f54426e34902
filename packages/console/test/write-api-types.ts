// Writes the page's types from the API's own document: npm run page:types
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiTypes } from "./api-types.ts";
import { liveDocument } from "./live-document.ts";

const file = join(import.meta.dirname, "..", "page", "api", "api-types.ts");
writeFileSync(file, apiTypes(await liveDocument()));
process.exitCode = spawnSync("oxfmt", [file], { stdio: "inherit" }).status ?? 1;
