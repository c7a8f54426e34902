import { run } from "node:test";

export interface TestRun {
  /** `hang`: the limit passed and nothing was red. `unloadable`: a file ended badly without a test of its own that failed. */
  readonly outcome: "green" | "red" | "hang" | "unloadable";
  /** The test that failed, or the last that began; empty when all is well. */
  readonly by: string;
}

interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly name?: string;
    readonly details?: { readonly type?: string; readonly error?: { readonly failureType?: string } };
  };
}

/** Runs test files of a repository, a process each, one after the other; ends them at the first test that fails. */
export async function runUntilRed(
  files: readonly string[],
  { cwd, limitMs, signal }: { cwd: string; limitMs: number; signal: AbortSignal },
): Promise<TestRun> {
  const enough = new AbortController();
  const limit = AbortSignal.timeout(limitMs);
  const events = run({ files: [...files], cwd, concurrency: 1, signal: AbortSignal.any([enough.signal, limit, signal]) });
  let result: TestRun = { outcome: "green", by: "" };
  let file = "";
  let latest = "";
  for await (const { type, data } of events as AsyncIterable<TestEvent>) {
    // The runner makes a test of each file, named by its path.
    const isFile = files.includes(data.name ?? "");
    if (type === "test:dequeue") {
      if (isFile) file = data.name ?? "";
      latest = isFile ? file : `${file}: ${data.name}`;
    }
    if (type !== "test:fail" || result.outcome !== "green") continue;
    if (limit.aborted) result = { outcome: "hang", by: latest };
    else if (isFile || !isTestOfItsOwn(data)) result = { outcome: "unloadable", by: file };
    else result = { outcome: "red", by: `${file}: ${data.name}` };
    enough.abort();
  }
  signal.throwIfAborted();
  return result;
}

/** Neither a suite, nor a test that was given up because its suite could not be read. */
function isTestOfItsOwn({ details }: TestEvent["data"]): boolean {
  return details?.type !== "suite" && details?.error?.failureType !== "cancelledByParent";
}
