import { spawn } from "node:child_process";
import { root } from "../gate/repository.ts";

/** Whether a container engine runs here, with `docker compose`. */
export async function hasContainerEngine(): Promise<boolean> {
  return (await run(["info"], "ignore")) === 0 && (await run(["compose", "version"], "ignore")) === 0;
}

/** `docker compose` on the `compose.yaml` at the root. @throws when it fails; its messages are on standard error. */
export async function compose(args: readonly string[]): Promise<void> {
  const status = await run(["compose", ...args], "inherit");
  if (status !== 0) throw new Error(`docker compose ${args.join(" ")} ended with ${status}; its messages are above`);
}

/** Whether a container of this service runs. */
export async function composeRuns(service: string): Promise<boolean> {
  const child = spawn("docker", ["compose", "ps", "--status", "running", "--quiet", service], { cwd: root });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("close", (status) => resolve(status === 0 && output.trim() !== ""));
  });
}

function run(args: readonly string[], output: "ignore" | "inherit"): Promise<number | null> {
  const child = spawn("docker", args, { cwd: root, stdio: ["ignore", output === "inherit" ? 2 : "ignore", output] });
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("close", resolve);
  });
}
