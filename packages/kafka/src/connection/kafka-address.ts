import { kafkaError } from "../errors/index.ts";

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const defaultPort = 9092;

/**
 * The brokers that an address names.
 * @example kafkaAddress("kafka://one:9092,two:9093") // [{ host: "one", port: 9092 }, { host: "two", port: 9093 }]
 * @throws KAFKA_ADDRESS_INVALID
 */
export function kafkaAddress(address: string): BrokerAddress[] {
  const hidden = address.replace(/\/\/.*@/, "//***@");
  const refuse = (what: string): never => {
    throw kafkaError("KAFKA_ADDRESS_INVALID", { given: hidden, what });
  };
  if (address.includes("@")) refuse("user and password are no part of it; give them as { sasl }");
  const match = /^kafka:\/\/([^/?#]+)\/?$/.exec(address);
  if (match === null) refuse("it does not begin with kafka:// and a host");
  return (match?.[1] ?? "").split(",").map((broker) => {
    const parts = /^(\[[0-9a-f:]+\]|[^:\s]+)(?::(\d+))?$/i.exec(broker.trim());
    if (parts === null) return refuse(`"${broker}" is no host and port`);
    const port = Number(parts[2] ?? defaultPort);
    if (port < 1 || port > 65_535) refuse(`${port} is no port`);
    return { host: (parts[1] ?? "").replace(/^\[|\]$/g, ""), port };
  });
}
