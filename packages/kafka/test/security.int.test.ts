import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { isThroughlineError } from "throughline/seams";
import { freePorts } from "../../../scripts/services/free-ports.ts";
import { type RunningKafka, startKafka } from "../../../scripts/services/kafka.ts";
import { type KafkaLogOptions, openKafkaLog } from "../src/index.ts";
import { type Certificates, makeCertificates } from "./fixtures/certificates.ts";

const password = "a-secret-of-billing";
const plain = (user: string, secret: string): string => `user_${user}="${secret}"`;
const login = (kind: string, more: string): string => `org.apache.kafka.common.security.${kind} required ${more};`;

/** `{"alg":"none"}.{"sub":"billing",…}.` as the broker's validator for development takes it. */
function unsignedToken(subject: string): string {
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString("base64url");
  const nowS = Math.floor(Date.now() / 1_000);
  return `${part({ alg: "none" })}.${part({ sub: subject, iat: nowS, exp: nowS + 600 })}.`;
}

describe("TLS, SASL and rights", () => {
  let kafka: RunningKafka;
  let folder: string;
  let certificates: Certificates;
  let port: { tls: number; sasl: number; saslTls: number };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "throughline-security-"));
    certificates = await makeCertificates(folder);
    const [tls = 0, sasl = 0, saslTls = 0] = await freePorts(3);
    port = { tls, sasl, saslTls };
    const mechanisms = (listener: string): Record<string, string> => ({
      [`listener.name.${listener}.plain.sasl.jaas.config`]: login(
        "plain.PlainLoginModule",
        `${plain("billing", password)} ${plain("guest", "guest")}`,
      ),
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: login("scram.ScramLoginModule", ""),
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: login("scram.ScramLoginModule", ""),
      [`listener.name.${listener}.oauthbearer.sasl.jaas.config`]: login(
        "oauthbearer.OAuthBearerLoginModule",
        'unsecuredLoginStringClaim_sub="broker"',
      ),
      [`listener.name.${listener}.oauthbearer.sasl.server.callback.handler.class`]:
        "org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler",
      [`listener.name.${listener}.sasl.enabled.mechanisms`]: "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    });
    kafka = await startKafka({
      formatOptions: ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
        "--add-scram",
        `${mechanism}=[name=billing,password=${password}]`,
      ]),
      brokerProperties: (_, ports) => ({
        listeners: `PLAINTEXT://127.0.0.1:${ports.clients},TLS://127.0.0.1:${tls},SASL://127.0.0.1:${sasl},SASLTLS://127.0.0.1:${saslTls},CONTROLLER://127.0.0.1:${ports.controller}`,
        "advertised.listeners": `PLAINTEXT://127.0.0.1:${ports.clients},TLS://127.0.0.1:${tls},SASL://127.0.0.1:${sasl},SASLTLS://127.0.0.1:${saslTls}`,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_PLAINTEXT,SASLTLS:SASL_SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": certificates.keyStore,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:billing",
        ...mechanisms("sasl"),
        ...mechanisms("sasltls"),
      }),
    });
  });
  after(async () => {
    await kafka.close();
    await rm(folder, { recursive: true });
  });

  const withTls = (): KafkaLogOptions => ({ url: `kafka://127.0.0.1:${port.tls}`, tls: { ca: certificates.ca } });
  const quick = { giveUpAfterMs: 3_000, requestTimeoutMs: 3_000 };

  async function works(options: KafkaLogOptions): Promise<void> {
    await using log = await openKafkaLog({ ...quick, ...options });
    const topic = `works-${Math.random()}`;
    await log.createTopics([{ name: topic, partitions: 1 }]);
    const [result] = await log.append([{ topic, key: null, value: Buffer.from("v"), headers: [] }]);
    assert.ok(result?.ok);
    const arrived = Promise.withResolvers<void>();
    const subscription = await log.subscribe({
      group: topic,
      topics: [topic],
      onAssigned: async (partitions) => partitions.map(() => 0),
      onBatch: async () => arrived.resolve(),
      onRevoked: async () => {},
      onLost: () => {},
      onError: (error) => arrived.reject(error),
    });
    await arrived.promise;
    await subscription.close();
  }

  async function failsAtOnce(options: KafkaLogOptions, code: string): Promise<void> {
    const startedMs = performance.now();
    await assert.rejects(openKafkaLog({ ...quick, ...options }), (error) => {
      assert.ok(isThroughlineError(error, code), inspect(error));
      assert.ok(!inspect(error, { depth: 10 }).includes(password), "the error shows the password");
      return true;
    });
    assert.ok(performance.now() - startedMs < 3_500, "it took several tries");
  }

  it("works by TLS", () => works(withTls()));

  for (const where of ["sasl", "saslTls"] as const) {
    const at = (): KafkaLogOptions => ({
      url: `kafka://127.0.0.1:${port[where]}`,
      ...(where === "saslTls" ? { tls: { ca: certificates.ca } } : {}),
    });
    for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] as const) {
      it(`works by ${mechanism} at the listener ${where}, with the password in a file`, async () => {
        const file = join(folder, "password");
        await writeFile(file, `${password}\n`);
        await works({ ...at(), sasl: { mechanism, username: "billing", password: { file } } });
      });

      it(`fails at once, by one error, with a wrong password for ${mechanism} at the listener ${where}`, () =>
        failsAtOnce({ ...at(), sasl: { mechanism, username: "billing", password: "wrong" } }, "KAFKA_AUTHENTICATION_FAILED"));
    }

    it(`works by OAUTHBEARER at the listener ${where}`, () =>
      works({ ...at(), sasl: { mechanism: "OAUTHBEARER", token: async () => unsignedToken("billing") } }));

    it(`fails at once with a token that is none, at the listener ${where}`, () =>
      failsAtOnce({ ...at(), sasl: { mechanism: "OAUTHBEARER", token: "none" } }, "KAFKA_AUTHENTICATION_FAILED"));
  }

  it("takes what the environment says", async (t) => {
    const file = join(folder, "password-of-env");
    const ca = join(folder, "ca.pem");
    await writeFile(file, password);
    Object.assign(process.env, {
      THROUGHLINE_KAFKA_SASL: "SCRAM-SHA-512",
      THROUGHLINE_KAFKA_USERNAME: "billing",
      THROUGHLINE_KAFKA_PASSWORD_FILE: file,
      THROUGHLINE_KAFKA_CA_FILE: ca,
    });
    t.after(() => {
      for (const name of Object.keys(process.env)) if (name.startsWith("THROUGHLINE_KAFKA_")) delete process.env[name];
    });
    await works({ url: `kafka://127.0.0.1:${port.saslTls}` });
  });

  it("fails at once without the authority's certificate", () =>
    failsAtOnce({ url: `kafka://127.0.0.1:${port.tls}`, tls: true }, "KAFKA_TLS_FAILED"));

  it("fails at once when TLS is spoken to a port without it", () =>
    failsAtOnce({ url: kafka.url, tls: { ca: certificates.ca } }, "KAFKA_TLS_FAILED"));

  it("fails at once when a TLS port is spoken to without it", () =>
    failsAtOnce({ url: `kafka://127.0.0.1:${port.tls}` }, "KAFKA_TLS_FAILED"));

  it("fails at once where nobody listens, and at a name that is none", async () => {
    const [nobody] = await freePorts(1);
    await failsAtOnce({ url: `kafka://127.0.0.1:${nobody}` }, "LOG_UNAVAILABLE");
    await failsAtOnce({ url: "kafka://no-such-host.invalid:9092" }, "LOG_UNAVAILABLE");
  });

  it("fails at once where the file of a secret is missing", () =>
    failsAtOnce(
      {
        url: `kafka://127.0.0.1:${port.sasl}`,
        sasl: { mechanism: "PLAIN", username: "billing", password: { file: join(folder, "nowhere") } },
      },
      "KAFKA_SECRET_UNREADABLE",
    ));

  describe("a user without rights", () => {
    const asGuest = (): Promise<Awaited<ReturnType<typeof openKafkaLog>>> =>
      openKafkaLog({
        ...quick,
        url: `kafka://127.0.0.1:${port.sasl}`,
        sasl: { mechanism: "PLAIN", username: "guest", password: "guest" },
      });
    const forbidden = (error: unknown): boolean => isThroughlineError(error, "KAFKA_NOT_AUTHORISED");

    it("gets one error for each call", async () => {
      await using owner = await openKafkaLog(kafka.url);
      await owner.createTopics([{ name: "secret", partitions: 1 }]);
      await using log = await asGuest();
      await assert.rejects(log.createTopics([{ name: "another", partitions: 1 }]), forbidden);
      await assert.rejects(log.offsets("secret"), forbidden);
      const offsets = await Promise.allSettled(["secret", "secrets", "secret"].map((group) => log.committedOffsets(group)));
      assert.ok(
        offsets.every((result) => result.status === "rejected" && forbidden(result.reason)),
        inspect(offsets),
      );
      const [result] = await log.append([{ topic: "secret", key: null, value: null, headers: [] }]);
      assert.ok(result?.ok === false && forbidden(result.error), inspect(result));
      const none = {
        onAssigned: async () => [],
        onBatch: async () => {},
        onRevoked: async () => {},
        onLost: () => {},
        onError: () => {},
      };
      await assert.rejects(log.subscribe({ group: "secret", topics: ["secret"], ...none }), forbidden);
    });
  });
});
