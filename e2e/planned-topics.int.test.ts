import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "../examples/shop/driver/until.ts";
import { freePorts } from "../scripts/services/free-ports.ts";
import { type RunningKafka, startKafka } from "../scripts/services/kafka.ts";

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = here("../packages/cli/src/main.ts");
const services = here("planned-topics");
const nodeOptions = ["--conditions=throughline-source", "--disable-warning=ExperimentalWarning"];
const users = ["orders", "billing"];

/** Kafka's scripts for a shell, made of its classes. */
const shellTools = {
  "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
  "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
};

describe("a cluster that somebody else looks after", () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-planned-topics-"));
  let kafka: RunningKafka;
  let saslPort: number;
  const running: ChildProcess[] = [];
  const output: Record<string, string> = {};

  before(async () => {
    [saslPort = 0] = await freePorts(1);
    const logins = users.map((user) => `user_${user}="of-${user}"`).join(" ");
    kafka = await startKafka({
      brokerProperties: (_, ports) => ({
        listeners: `PLAINTEXT://127.0.0.1:${ports.clients},SASL://127.0.0.1:${saslPort},CONTROLLER://127.0.0.1:${ports.controller}`,
        "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.clients},SASL://127.0.0.1:${saslPort}`,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
        "listener.name.sasl.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required ${logins};`,
        "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // Whoever comes without a name is its administrator.
        "super.users": "User:ANONYMOUS",
      }),
    });
    for (const [name, main] of Object.entries(shellTools)) {
      const file = join(folder, name);
      writeFileSync(
        file,
        `#!/bin/sh\nexec "${kafka.program.java}" -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${main} "$@"\n`,
      );
      chmodSync(file, 0o755);
    }
  });
  after(async () => {
    for (const process of running) process.kill("SIGKILL");
    await kafka.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** `throughline topics plan`, as the administrator runs it. */
  const plan = (...args: string[]) => planOf(services, "--prefix", "shop.", "--replicas", "1", ...args);
  const planOf = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
    const { THROUGHLINE_EVENTS: _, THROUGHLINE_STORE: __, ...env } = process.env;
    return run(process.execPath, [...nodeOptions, program, "topics", "plan", ...args], { env: { ...env, NO_COLOR: "1" } }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  };

  const start = (service: string): ChildProcess => {
    const child = spawn(process.execPath, [...nodeOptions, join(services, `${service}.service.ts`)], {
      env: {
        ...process.env,
        THROUGHLINE_EVENTS: `kafka://127.0.0.1:${saslPort}`,
        THROUGHLINE_STORE: join(folder, `${service}.db`),
        THROUGHLINE_KAFKA_SASL: "PLAIN",
        THROUGHLINE_KAFKA_USERNAME: service,
        THROUGHLINE_KAFKA_PASSWORD: `of-${service}`,
        THROUGHLINE_KAFKA_PREFIX: "shop.",
        THROUGHLINE_KAFKA_CREATE: "false",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    output[service] = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output[service] += chunk.toString()));
    running.push(child);
    return child;
  };

  it("a service that may create nothing says which topics are missing, and how to plan them", async () => {
    const child = start("orders");
    const code = await new Promise((resolve) => child.once("close", resolve));
    assert.equal(code, 1);
    assert.match(output["orders"] ?? "", /topic \\+"order\\+".*throughline topics plan/s);
  });

  it("what is planned and not there is told, with exit code 1", async () => {
    const { code, stdout } = await plan("--compare", "--events", kafka.url);
    assert.equal(code, 1);
    assert.match(stdout, /^shop\.order +4 +1 +30d +orders +missing$/m);
  });

  it(
    "with the planned topics and no other right than the planned ones, services publish and handle",
    { timeout: 240_000 },
    async () => {
      const { stdout: script } = await plan("--format", "acls");
      const file = join(folder, "plan.sh");
      writeFileSync(file, script);
      const settings = join(folder, "admin.properties");
      writeFileSync(settings, "");
      await run("bash", [file], {
        env: {
          ...process.env,
          PATH: `${folder}${delimiter}${process.env.PATH}`,
          CLASSPATH: kafka.program.jars.join(delimiter),
          BOOTSTRAP_SERVER: kafka.bootstrapServers,
          COMMAND_CONFIG: settings,
        },
      });

      for (const service of users) start(service);
      const invoices = () => {
        using database = new DatabaseSync(join(folder, "billing.db"), { readOnly: true });
        return database.prepare("SELECT count(*) AS n FROM invoices").get()?.["n"];
      };
      await until("there are ten invoices", () => invoices() === 10, { timeoutMs: 60_000 }).catch((error: unknown) => {
        throw new Error(`the services said:\n${Object.values(output).join("\n")}`, { cause: error });
      });
      for (const service of users) {
        const lines = (output[service] ?? "").split("\n").filter((line) => line.startsWith("{"));
        const bad = lines.filter((line) => ["warn", "error", "fatal"].includes((JSON.parse(line) as { level: string }).level));
        assert.deepEqual(bad, [], `${service} warned`);
      }

      const { code, stdout } = await plan("--compare", "--events", kafka.url);
      assert.equal(code, 0, stdout);
      assert.equal(stdout.match(/as planned$/gm)?.length, 10);
    },
  );

  it("a service that tells nothing is named, with what it printed", async () => {
    const bad = mkdtempSync(join(tmpdir(), "throughline-bad-service-"));
    try {
      writeFileSync(join(bad, "broken.service.mjs"), 'throw new Error("no database at 10.0.0.1");\n');
      const { code, stderr } = await planOf(bad);
      assert.equal(code, 1);
      assert.match(stderr, /broken .*did not tell its topics.*no database at 10\.0\.0\.1/s);
    } finally {
      rmSync(bad, { recursive: true });
    }
  });
});
