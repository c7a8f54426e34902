/** Topics are named on the wire with a prefix that nobody above this package sees. */
export class TopicNames {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  onWire(topic: string): string {
    return this.#prefix + topic;
  }

  /** Null for a topic that is not ours, since it lacks the prefix. */
  fromWire(name: string): string | null {
    return name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : null;
  }
}
