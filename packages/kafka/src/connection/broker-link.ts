import { Connection, type ConnectionOptions, type Reader, ResponseError, type Writer } from "@platformatic/kafka";
import { connectionFailure } from "../errors/index.ts";
import type { BrokerAddress } from "./kafka-address.ts";

/** One request of the protocol: as the library's modules (`metadataV12` and so on) have it, or one of ours. */
export interface Api<Args extends unknown[], Response> {
  readonly key: number;
  readonly version: number;
  createRequest(...args: Args): Writer;
  parseResponse(correlationId: number, key: number, version: number, reader: Reader): Response;
}

/**
 * One connection to one broker, made when it is first used and made anew when it broke. Requests are answered in the order in
 * which they are sent, so what waits long (fetches, joins) has links of its own.
 */
export class BrokerLink {
  readonly address: BrokerAddress;
  readonly #clientId: string;
  readonly #options: ConnectionOptions;
  #connection: Promise<Connection> | undefined;
  #closed = false;

  constructor(clientId: string, address: BrokerAddress, options: ConnectionOptions) {
    this.#clientId = clientId;
    this.address = address;
    this.#options = options;
  }

  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /**
   * Sends a request and answers with the response, which may hold error codes: they are the caller's to look at.
   * @throws LOG_UNAVAILABLE, KAFKA_AUTHENTICATION_FAILED, KAFKA_TLS_FAILED
   */
  async call<Args extends unknown[], Response>(api: Api<Args, Response>, ...args: Args): Promise<Response> {
    const connection = await this.#connect();
    return new Promise((resolve, reject) => {
      connection.send<Response>(
        api.key,
        api.version,
        () => api.createRequest(...args),
        (correlationId, key, version, reader) => lenient(() => api.parseResponse(correlationId, key, version, reader)),
        true,
        true,
        (error, response) => {
          if (error) reject(this.#failure(error));
          else resolve(response as Response);
        },
      );
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => undefined);
    await connection?.close();
  }

  #connect(): Promise<Connection> {
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    if (this.#closed) throw connectionFailure(this.name, undefined, new Error("the connection was closed"));
    const connection = new Connection(this.#clientId, this.#options);
    const forget = (): void => {
      this.#connection = undefined;
    };
    connection.on("error", forget);
    connection.on("close", forget);
    try {
      await connection.connect(this.address.host, this.address.port);
      return connection;
    } catch (error) {
      forget();
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): Error {
    return connectionFailure(this.name, this.#options.sasl?.mechanism, error);
  }
}

/** The library throws when a response holds an error code, and hands the response over with it. */
function lenient<Response>(parse: () => Response): Response {
  try {
    return parse();
  } catch (error) {
    const response = error instanceof ResponseError ? (error as { response?: Response }).response : undefined;
    if (response === undefined) throw error;
    return response;
  }
}
