import type { ServicePlan } from "throughline/contracts";
import type { SchemaRegistry } from "throughline/seams";

/**
 * Registers what services publish when they start, in development. Nothing waits for it: a registry that is away is one warning until it
 * is back, and a contract that it refuses is a warning at each start.
 */
export class DevelopmentContracts {
  readonly #registry: SchemaRegistry;
  readonly #say: (level: "info" | "warn", what: string) => void;
  #last: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor(registry: SchemaRegistry, say: (level: "info" | "warn", what: string) => void) {
    this.#registry = registry;
    this.#say = say;
  }

  /** One service after the other. Never rejects. */
  hear(plan: ServicePlan): Promise<void> {
    this.#last = this.#last
      .then(() => this.#register(plan))
      .catch((error: unknown) => this.#say("warn", (error as Error).message));
    return this.#last;
  }

  async #register(plan: ServicePlan): Promise<void> {
    const { codeContracts } = await import("../contracts/code-contracts.ts");
    const { pushContracts } = await import("../contracts/push-contracts.ts");
    const { reasonsAsText } = await import("../contracts/report.ts");
    const { contracts, failure } = await pushContracts(this.#registry, codeContracts([plan]), { dryRun: false });
    const registered = contracts.filter(({ outcome }) => outcome === "registered");
    if (registered.length > 0)
      this.#say(
        "info",
        `registered ${registered.map(({ contract, registered: at }) => `${contract.type} version ${contract.version} (id ${at?.id})`).join(", ")}`,
      );
    for (const { contract, outcome, reasons, compared } of contracts)
      if (outcome === "refused")
        this.#say(
          "warn",
          `contract ${contract.type} version ${contract.version} of ${plan.service} is not registered, for it breaks who has the version before: ${reasonsAsText(reasons).join("; ")}. ${compared?.todo ?? ""}`.trim(),
        );
    if (failure === null) this.#isAway = false;
    else if (!this.#isAway) {
      this.#isAway = true;
      this.#say("warn", `contracts are not registered: ${failure.message}. Services run all the same`);
    }
  }
}
