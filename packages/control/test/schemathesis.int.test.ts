import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createMemoryLog, systemSurroundings } from "throughline";
import { startControl } from "@throughline/control";
import { sizes } from "../../../e2e/sizes.ts";

const run = promisify(execFile);
const installed = "schemathesis==4.32.5";
const { examples } = sizes({ test: { examples: 2 }, soak: { examples: 200 } });

// It needs Python; where there is none, or none that can install, nothing is said about it.
const python = await run("python3", ["-c", "import venv, ensurepip; print('ok')"]).then(
  () => true,
  () => false,
);

test(
  "no request that the OpenAPI document allows, or nearly allows, is a server error",
  { skip: python ? false : "no python3 with venv", timeout: 3_000_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "throughline-schemathesis-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    await run("python3", ["-m", "venv", folder]);
    const pip = ["install", "--quiet", "--disable-pip-version-check", installed];
    const failure = await run(join(folder, "bin/pip"), pip, { timeout: 240_000 }).then(
      () => null,
      (error: Error) => error,
    );
    if (failure !== null) return t.skip(`pip cannot install ${installed}: ${failure.message}`);
    const log = createMemoryLog();
    t.after(() => log.close());
    await using server = await startControl({ log, dataDir: join(folder, "data"), surroundings: systemSurroundings, port: 0 });
    const asked = [
      ["run", `${server.url}/api/v1/openapi.json`],
      ["--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--max-examples", String(examples)],
      // What is live never ends.
      ["--exclude-path-regex", "/live$", "--request-timeout", "20", "--no-color"],
    ];
    const { stdout } = await run(join(folder, "bin/schemathesis"), asked.flat(), {
      cwd: folder,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: Error & { stdout?: string }) => assert.fail(`${error.message}\n${error.stdout ?? ""}`));
    const [, generated, passed] = /(\d+) generated, (\d+) passed/.exec(stdout) ?? [];
    assert.equal(passed, generated, stdout);
    assert.ok(Number(generated) > 500, `${generated} requests`);
    t.diagnostic(`${generated} requests, none a server error`);
  },
);
