import type { EventContract } from "../contract/index.ts";
import type { AgreedContracts } from "../contracts-lock/agreed-contracts.ts";
import { type ContractsLock, lockedSchemaById } from "../contracts-lock/contracts-lock.ts";
import { coreError } from "../errors/index.ts";
import type { Logger } from "../logging/index.ts";
import type { WriterSchema } from "../seams/encoding.ts";
import type { Clock } from "../seams/runtime.ts";
import type { SchemaRegistry } from "../seams/schema-registry.ts";
import { registeredId } from "./registered-id.ts";
import { writerSchema } from "./writer-schema.ts";

/** How long publishing, handling and a start wait for a registry, at most. */
const patienceMs = 1_000;
/** A registry that was away, or did not know something, is asked again after this. */
const askAgainAfterMs = 5_000;

interface Setup {
  readonly agreed: AgreedContracts;
  readonly registry: () => SchemaRegistry | null;
  readonly clock: () => Clock;
  readonly logger: () => Logger;
}

/**
 * The schemas that encoded events are written with, and their ids: from the contracts lock, else from the registry, and kept. A
 * registry that is away stops nothing that is known here: that is one warning, until it answers again.
 */
export class EncodedSchemas {
  readonly #setup: Setup;
  readonly #ids = new Map<EventContract, number>();
  readonly #writers = new Map<number, WriterSchema>();
  /** What is being asked, by what is asked for. */
  readonly #asking = new Map<unknown, Promise<void>>();
  /** When it may be asked for again. */
  readonly #notBeforeMs = new Map<unknown, number>();
  #awayUntilMs = 0;
  #isAway = false;
  #hasToldOfOther = false;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  /** Whether the registry answered when it was last asked; null without one. */
  get isUp(): boolean | null {
    return this.#setup.registry() === null ? null : !this.#isAway;
  }

  /** The id of what a contract's events are written with. Throws `SCHEMA_ID_UNKNOWN`, and then asks for it. */
  idOf(contract: EventContract): number {
    const id = this.#known(contract);
    if (id !== null) return id;
    void this.findIds([contract]);
    const { type, version, encoding } = contract;
    throw coreError("SCHEMA_ID_UNKNOWN", { type, version, schemaType: encoding?.schemaType ?? "JSON", why: this.#whyUnknown() });
  }

  /** Null for an id that nobody has told yet. */
  writerOf(id: number): WriterSchema | null {
    const known = this.#writers.get(id);
    if (known !== undefined) return known;
    const encoding = this.#lock === null ? null : (lockedSchemaById(this.#lock, id)?.schema.encoding ?? null);
    if (encoding === null) return null;
    const writer = { ...encoding, imports: {} };
    this.#writers.set(id, writer);
    return writer;
  }

  /** Looks for the ids of contracts; settles when they are known, or after a moment. Never rejects. */
  async findIds(contracts: readonly EventContract[]): Promise<void> {
    const unknown = contracts.filter((contract) => isEncoded(contract) && this.#known(contract) === null);
    await this.#ask(unknown, async (contract, registry) => {
      const id = await registeredId(registry, contract);
      if (id === null) return false;
      this.#ids.set(contract, id);
      return true;
    });
  }

  /** Looks for the schemas of ids; settles when they are known, or after a moment. Never rejects. */
  async find(ids: Iterable<number>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => this.writerOf(id) === null);
    await this.#ask(unknown, async (id, registry) => {
      const writer = await writerSchema(registry, id);
      if (writer === null) return false;
      this.#writers.set(id, writer);
      return true;
    });
  }

  #known(contract: EventContract): number | null {
    return this.#ids.get(contract) ?? (this.#lock === null ? null : this.#setup.agreed.schemaIdOf(contract));
  }

  /** Ids hold in one registry: a lock of another one than is asked here says nothing. */
  get #lock(): ContractsLock | null {
    const { logger } = this.#setup;
    const { lock } = this.#setup.agreed;
    const registry = this.#setup.registry();
    if (lock === null || registry === null || lock.registry === registry.url) return lock;
    if (!this.#hasToldOfOther)
      logger().warn(
        { lock: lock.registry, registry: registry.url },
        "the ids of the contracts lock hold in another registry than is used here, where they are looked up",
      );
    this.#hasToldOfOther = true;
    return null;
  }

  async #ask<Wanted>(
    wanted: readonly Wanted[],
    find: (each: Wanted, registry: SchemaRegistry) => Promise<boolean>,
  ): Promise<void> {
    const registry = this.#setup.registry();
    const clock = this.#setup.clock();
    const now = clock.now();
    if (registry === null || now < this.#awayUntilMs) return;
    const asked = wanted
      .filter((each) => (this.#notBeforeMs.get(each) ?? 0) <= now)
      .map((each) => {
        const asking = this.#asking.get(each) ?? this.#askOne(each, () => find(each, registry));
        this.#asking.set(each, asking);
        return asking;
      });
    if (asked.length === 0) return;
    await new Promise<void>((settle) => {
      const timer = clock.after(patienceMs, () => {
        this.#found(coreError("SCHEMA_REGISTRY_SLOW", { url: registry.url, afterMs: patienceMs }));
        settle();
      });
      void Promise.all(asked).then(() => {
        timer.cancel();
        settle();
      });
    });
  }

  async #askOne(wanted: unknown, find: () => Promise<boolean>): Promise<void> {
    try {
      const isKnown = await find();
      this.#found(null);
      if (!isKnown) this.#notBeforeMs.set(wanted, this.#setup.clock().now() + askAgainAfterMs);
    } catch (error) {
      this.#found(error);
    } finally {
      this.#asking.delete(wanted);
    }
  }

  /** Tells once that the registry is away, and once that it is back. */
  #found(error: unknown): void {
    const { clock, logger } = this.#setup;
    const registry = this.#setup.registry();
    if (error !== null) this.#awayUntilMs = clock().now() + askAgainAfterMs;
    if (error !== null && !this.#isAway)
      logger().warn(
        { registry: registry?.url, err: error },
        "the schema registry does not answer; schemas that are known here are used on, and what needs another one waits",
      );
    if (error === null && this.#isAway) logger().info({ registry: registry?.url }, "the schema registry answers again");
    this.#isAway = error !== null;
  }

  #whyUnknown(): string {
    const { agreed } = this.#setup;
    const registry = this.#setup.registry();
    if (this.#isAway) return "the registry does not answer";
    if (registry !== null) return `${registry.url} does not have it`;
    return agreed.lock === null
      ? "the service has neither a contracts lock nor a registry"
      : "the contracts lock does not have it";
  }
}

const isEncoded = ({ encoding = null }: EventContract): boolean => encoding !== null;
