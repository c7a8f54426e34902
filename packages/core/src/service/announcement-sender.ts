import type { ServiceScope } from "../handling/scope.ts";
import {
  announcementRecord,
  type ContractsAnnouncement,
  contractsRecord,
  type ServiceAnnouncement,
} from "../system-topics/index.ts";

/**
 * Sends announcements, with the service's contracts before the first: they are a record of their own, said once, which each
 * announcement then names.
 */
export class AnnouncementSender {
  readonly #scope: Pick<ServiceScope<unknown>, "log" | "logger">;
  readonly #contracts: ContractsAnnouncement;
  #state: "to be told" | "told" | "cannot be told" = "to be told";
  #lastOffset = -1;

  constructor(scope: Pick<ServiceScope<unknown>, "log" | "logger">, contracts: ContractsAnnouncement) {
    this.#scope = scope;
    this.#contracts = contracts;
  }

  get hash(): string {
    return this.#contracts.hash;
  }

  /** Rejects when the announcement was not sent. */
  async send(announcement: ServiceAnnouncement): Promise<void> {
    if (this.#state === "cannot be told") return this.#append(announcement);
    const named: ServiceAnnouncement = { ...announcement, contracts: this.hash };
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
    await this.send(announcement);
  }
}
