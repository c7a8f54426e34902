import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { freePorts } from "../../../scripts/services/free-ports.ts";
import { projectFolder, RegistryProcess, startCommand } from "./contracts-processes.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/guide/contracts.md"), "utf8");
const shownUrl = "http://127.0.0.1:8081";

/** A command of the page with what it prints, and the exit code that stands behind it. */
interface Command {
  readonly args: readonly string[];
  readonly code: number;
  readonly output: string;
}

function commandsIn(block: string): Command[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line = "", ...output] = part.split("\n");
      const [, words = "", code = "0"] = /^(.*?)(?: # exit code (\d))?$/.exec(line) ?? [];
      return { args: words.split(" "), code: Number(code), output: output.join("\n") };
    });
}

test("the project that the page shows goes through what the page says", { timeout: 300_000 }, async (t) => {
  const folder = projectFolder(t);
  const [port = 0] = await freePorts(1);
  const registry = await new RegistryProcess(t, folder, port).start();
  let commands = 0;
  for (const [, language, block = ""] of page.matchAll(/^```(\w+)[^\n]*\n(.*?)^```$/gms)) {
    const file = /^\/\/ (\S+\.ts)\n/.exec(block)?.[1];
    if (language === "ts" && file !== undefined) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), block);
    }
    if (language !== "console") continue;
    for (const { args, code, output } of commandsIn(block.replaceAll(shownUrl, registry.url))) {
      commands += 1;
      const [program, ...rest] = args;
      if (program === "cat") {
        // It depends on the registry's port.
        const withoutChecksum = (text: string): string => text.replace(/^\/\/ Checksum: .*$/m, "");
        assert.equal(withoutChecksum(readFileSync(join(folder, rest[0]!), "utf8")), withoutChecksum(output));
        continue;
      }
      const ended = await startCommand(rest, { cwd: folder }).ended;
      assert.equal(ended.stdout + ended.stderr, output, args.join(" "));
      assert.equal(ended.code, code, args.join(" "));
    }
  }
  assert.ok(commands >= 8, `only ${commands} commands are shown`);
});
