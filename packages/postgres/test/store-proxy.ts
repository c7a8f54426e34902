import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A place between store and server where connections can be cut and answers lost. */
export class StoreProxy {
  readonly #server: Server;
  readonly #target: { host: string; port: number };
  readonly #pairs = new Set<readonly [client: Socket, server: Socket]>();
  #loseNextCommit: "committed" | "rolled-back" | "silent" | null = null;
  #port = 0;

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async before(address: string): Promise<{ proxy: StoreProxy; address: string }> {
    const url = new URL(address);
    const proxy = new StoreProxy({ host: url.hostname, port: Number(url.port) });
    await proxy.open();
    url.port = String(proxy.#port);
    return { proxy, address: url.href };
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection, and refuses new ones until `open`. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    await closed;
  }

  /**
   * Lets the next COMMIT reach the server or not, and cuts its connection before the answer comes through. `silent`: it reaches the
   * server, the answer never comes through, and the connection stays, as after a machine went away.
   */
  loseNextCommit(effect: "committed" | "rolled-back" | "silent"): void {
    this.#loseNextCommit = effect;
  }

  #connect(client: Socket): void {
    const server = connect(this.#target);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    let isLosing = false;
    let isSilent = false;
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    client.on("data", (chunk) => {
      const effect = chunk.includes("COMMIT\0") ? this.#loseNextCommit : null;
      if (effect !== null) {
        this.#loseNextCommit = null;
        isLosing = true;
        isSilent = effect === "silent";
        if (effect === "rolled-back") return end();
      }
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      // The answer to a COMMIT says that it is over; what came before it may still be on its way.
      if (!isLosing) client.write(chunk);
      else if (!isSilent && chunk.includes("COMMIT\0")) end();
    });
  }
}
