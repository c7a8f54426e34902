import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startControl } from "@throughline/control";
import { createMemoryLog, systemSurroundings } from "throughline";
import type { OpenApi } from "./api-types.ts";

/** The OpenAPI document that a control plane answers with. */
export async function liveDocument(): Promise<OpenApi> {
  const dataDir = mkdtempSync(join(tmpdir(), "throughline-console-"));
  const log = createMemoryLog();
  try {
    await using server = await startControl({ log, dataDir, surroundings: systemSurroundings, port: 0 });
    const answer = await fetch(`${server.url}/api/v1/openapi.json`);
    return (await answer.json()) as OpenApi;
  } finally {
    await log.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
