import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The address that services have, whichever server is the primary: what a virtual address or a proxy is in production. */
export class PrimaryAddress {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port: number;

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((client) => this.#connect(client));
  }

  static async of(port: number): Promise<PrimaryAddress> {
    const address = new PrimaryAddress(port);
    address.#server.listen(0, "127.0.0.1");
    await once(address.#server, "listening");
    return address;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** New connections go there from now on; those that are open stay with the old one. */
  moveTo(port: number): void {
    this.#port = port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(client: Socket): void {
    const server = connect({ host: "127.0.0.1", port: this.#port });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      const end = (): void => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      };
      socket.on("error", end).on("close", end);
    }
    client.pipe(server).pipe(client);
  }
}
