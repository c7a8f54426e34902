import { spawn } from "node:child_process";
import { type ServicePlan, servicePlanVariable } from "throughline/contracts";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import { defaultEventsUrl } from "../events-url.ts";
import type { ServiceFile } from "../dev/find-services.ts";

/** A service that has not called `start` by then never will. */
const startsWithinMs = 30_000;
const mostOutput = 4_000;

/**
 * Asks each service's own program what it is: it is run up to the `start` of its services, which then tell their topics and contracts
 * instead of opening anything. Throws `CLI_NO_PLAN` with what the program printed when it tells nothing.
 */
export function collectPlans(context: CliContext, services: readonly ServiceFile[]): Promise<ServicePlan[]> {
  return Promise.all(services.map((service) => plansOf(context, service))).then((plans) => plans.flat());
}

async function plansOf(context: CliContext, { name, file }: ServiceFile): Promise<ServicePlan[]> {
  const plans: ServicePlan[] = [];
  let output = "";
  const child = spawn(process.execPath, [...process.execArgv, file], {
    // What `dev` would give it; nothing of it is opened.
    env: {
      THROUGHLINE_EVENTS: defaultEventsUrl,
      THROUGHLINE_STORE: `sqlite:./data/${name}.db`,
      ...context.env,
      [servicePlanVariable]: "1",
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const hear = (chunk: Buffer): void => {
    output = `${output}${chunk.toString("utf8")}`.slice(-mostOutput);
  };
  child.stdout?.on("data", hear);
  child.stderr?.on("data", hear);
  child.on("message", (message: { throughlinePlan?: ServicePlan }) => {
    if (message.throughlinePlan !== undefined) plans.push(message.throughlinePlan);
  });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, startsWithinMs);
  const stop = (): boolean => child.kill("SIGKILL");
  context.signal.addEventListener("abort", stop, { once: true });
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`it cannot be started: ${error.message}`));
    child.once("close", (code, signal) =>
      resolve(signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`),
    );
  });
  clearTimeout(deadline);
  context.signal.removeEventListener("abort", stop);
  if (context.signal.aborted) throw cliError("CLI_INTERRUPTED", { what: "not every service has told what it is" });
  if (plans.length > 0) return plans;
  throw cliError("CLI_NO_PLAN", {
    service: name,
    file,
    what: late ? `it did not call start within ${startsWithinMs / 1000} s` : how,
    output: output.trim(),
  });
}
