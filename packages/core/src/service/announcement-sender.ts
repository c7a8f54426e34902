import type { ServiceScope } from "../handling/scope.ts";
import type { Timer } from "../seams/runtime.ts";
import {
  announcementRecord,
  type ContractsAnnouncement,
  contractsRecord,
  type ServiceAnnouncement,
} from "../system-topics/index.ts";
import { forgetAnnouncements } from "./forget-announcements.ts";

/** After the start, and up to as long again: a process that dies at once looks after nothing, and not all instances do so together. */
const forgetAfterMs = 60_000;

type Scope = Pick<ServiceScope<unknown>, "log" | "logger" | "identity" | "surroundings">;

/**
 * Sends announcements, with the service's contracts before the first: they are a record of their own, said once, which each
 * announcement then names. When it has done so for a while, it takes out what nobody needs of the service's announcements.
 */
export class AnnouncementSender {
  readonly #scope: Scope;
  readonly #contracts: ContractsAnnouncement;
  #state: "to be told" | "told" | "cannot be told" = "to be told";
  #lastOffset = -1;
  #forgetTimer: Timer | null = null;
  #isClosed = false;

  constructor(scope: Scope, contracts: ContractsAnnouncement) {
    this.#scope = scope;
    this.#contracts = contracts;
  }

  /** Rejects when the announcement was not sent. */
  async send(announcement: ServiceAnnouncement): Promise<void> {
    await this.#send(announcement);
    this.#forgetLater();
  }

  /** What is sent from now on is the last word. */
  close(): void {
    this.#isClosed = true;
    this.#forgetTimer?.cancel();
  }

  async #send(announcement: ServiceAnnouncement): Promise<void> {
    if (this.#state === "cannot be told") return this.#append(announcement);
    const named: ServiceAnnouncement = { ...announcement, contracts: this.#contracts.hash };
    if (this.#state === "told") return this.#append(named);
    const [contracts, sent] = await this.#scope.log.append([contractsRecord(this.#contracts), announcementRecord(named)]);
    if (contracts?.ok === true) this.#state = "told";
    else if (contracts !== undefined && !contracts.error.retryable) {
      this.#state = "cannot be told";
      this.#scope.logger.warn(
        { err: contracts.error },
        "this service cannot tell what it publishes and reads; checks of other services' changes cannot tell whether they break it",
      );
      return this.#append(announcement);
    } else throw contracts?.error ?? new Error("the log answered nothing");
    if (sent !== undefined && !sent.ok) throw sent.error;
    if (sent !== undefined) this.#lastOffset = sent.offset;
  }

  async #append(announcement: ServiceAnnouncement): Promise<void> {
    const [result] = await this.#scope.log.append([announcementRecord(announcement)]);
    if (result === undefined) return;
    if (!result.ok) throw result.error;
    // The topic was deleted and is there again: what was said in it is not.
    const isAnew = result.offset < this.#lastOffset;
    this.#lastOffset = result.offset;
    if (!isAnew || this.#state !== "told") return;
    this.#state = "to be told";
    await this.#send(announcement);
  }

  /** Once. That it fails is nobody's trouble: the next start tries again. */
  #forgetLater(): void {
    const { surroundings, logger } = this.#scope;
    if (this.#isClosed) return;
    this.#forgetTimer ??= surroundings.clock.after(forgetAfterMs * (1 + surroundings.random.next()), () => {
      void forgetAnnouncements(this.#scope, this.#contracts.hash).then(
        (count) => {
          if (count > 0) logger.debug({ count }, "what nobody needs of this service's announcements is taken out");
        },
        (error: unknown) => logger.debug({ err: error }, "old announcements of this service could not be taken out"),
      );
    });
  }
}
