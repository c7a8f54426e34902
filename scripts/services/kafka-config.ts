/** Where one broker listens, all on 127.0.0.1. */
export interface BrokerPorts {
  readonly clients: number;
  readonly controller: number;
}

export interface BrokerConfig {
  /** From 1 on: the broker's place in `ports`, and its `node.id`. */
  readonly node: number;
  /** Of all brokers. */
  readonly ports: readonly BrokerPorts[];
  readonly dataFolder: string;
  /** Whatever the broker knows; these win over the ones below. */
  readonly properties: Readonly<Record<string, string>>;
}

/** The broker's `server.properties`: broker and controller in one process, with what tests and development want by default. */
export function serverProperties({ node, ports, dataFolder, properties }: BrokerConfig): string {
  const own = ports[node - 1] as BrokerPorts;
  const brokers = ports.length;
  const replicas = String(Math.min(3, brokers));
  const inSync = brokers >= 3 ? "2" : "1";
  const settings: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": String(node),
    "controller.quorum.voters": ports.map(({ controller }, i) => `${i + 1}@127.0.0.1:${controller}`).join(","),
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${own.clients},CONTROLLER://127.0.0.1:${own.controller}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${own.clients}`,
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
    "log.dirs": dataFolder,
    "auto.create.topics.enable": "false",
    "num.partitions": "6",
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    // A broker that was killed is replaced soon.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
    "num.io.threads": "4",
    "num.network.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
    "log.cleaner.dedupe.buffer.size": String(16 * 1024 * 1024),
    ...properties,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`)
    .join("");
}

/** Warnings and errors go to the broker's output; what it does at each start does not. */
export const loggingProperties = `status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
`;
