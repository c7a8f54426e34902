import { type ServicePlan, servicePlanVariable } from "throughline/contracts";
import type { CliContext } from "../cli-context.ts";
import { cliError } from "../cli-errors.ts";
import type { ServiceFile } from "../dev/find-services.ts";
import { AskedProgram } from "./asked-program.ts";

/** A service that has not called `start` by then never will. */
const startsWithinMs = 30_000;

/**
 * Asks each service's own program what it is: it is run up to the `start` of its services, which then tell their topics and contracts
 * instead of opening anything. Throws `CLI_NO_PLAN` with what the program printed when it tells nothing.
 */
export function collectPlans(context: CliContext, services: readonly ServiceFile[]): Promise<ServicePlan[]> {
  return Promise.all(services.map((service) => plansOf(context, service))).then((plans) => plans.flat());
}

async function plansOf(context: CliContext, service: ServiceFile): Promise<ServicePlan[]> {
  const plans: ServicePlan[] = [];
  const program = new AskedProgram(service, { variable: servicePlanVariable, env: { ...context.env } });
  program.child.on("message", (message: { throughlinePlan?: ServicePlan }) => {
    if (message.throughlinePlan !== undefined) plans.push(message.throughlinePlan);
  });
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    program.kill();
  }, startsWithinMs);
  const stop = (): void => program.kill();
  context.signal.addEventListener("abort", stop, { once: true });
  const how = await program.ended;
  clearTimeout(deadline);
  context.signal.removeEventListener("abort", stop);
  if (context.signal.aborted) throw cliError("CLI_INTERRUPTED", { what: "not every service has told what it is" });
  if (plans.length > 0) return plans;
  throw cliError("CLI_NO_PLAN", {
    service: service.name,
    file: service.file,
    what: late ? `it did not call start within ${startsWithinMs / 1000} s` : how,
    output: program.output,
  });
}
