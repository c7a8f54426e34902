import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { type Alert, emailChannel, type EmailOptions, testChannel } from "../src/index.ts";

const alert: Alert = {
  id: "0a0a0a0a-0000-4000-8000-000000000001",
  kind: "alert",
  about: "lag",
  atMs: Date.UTC(2026, 6, 1, 12),
  incidentId: "0a0a0a0a-0000-4000-8000-000000000000",
  group: "billing",
  title: "billing is 12,345 events behind; its limit is 10,000.",
  lines: ["Nobody reads: the group has no members."],
  url: "https://control.example.com/lag/incidents/1",
  facts: {},
};

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly isEncrypted: boolean;
}

/** A mail server on this machine. */
class MailServer {
  readonly mails: Mail[] = [];
  refuse: { readonly responseCode: number; readonly message: string } | null = null;
  readonly #server: SMTPServer;

  private constructor(options: SMTPServerOptions) {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onAuth: ({ username, password }, _session, done) =>
        username === "alerts" && password === "p@ss" ? done(null, { user: username }) : done(new Error("wrong password")),
      onData: (stream, { envelope, secure }, done) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          if (this.refuse !== null) {
            const { responseCode, message } = this.refuse;
            done(Object.assign(new Error(message), { responseCode }));
            return;
          }
          const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          this.mails.push({ from, to, text: Buffer.concat(chunks).toString(), isEncrypted: secure });
          done(null);
        });
      },
      ...options,
    });
    // A client that refuses the certificate is an error of the server's, too.
    this.#server.on("error", () => undefined);
  }

  static async open(options: SMTPServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", () => resolve()));
    return server;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

const channelTo = (port: number, more: Partial<EmailOptions> = {}) =>
  emailChannel({
    name: "mail",
    server: `smtp://127.0.0.1:${port}`,
    from: "alerts@example.com",
    to: ["eva@example.com", "team@example.com"],
    timeoutMs: 5000,
    ...more,
  });

const codeOf = async (work: Promise<unknown>): Promise<{ code: string; message: string }> => {
  try {
    await work;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("it was taken");
};

function certificate(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), "throughline-mail-"));
  try {
    const asked = ["-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"];
    const kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", ...kind, ...asked], { cwd: folder, stdio: "ignore" });
    return { cert: readFileSync(join(folder, "cert.pem"), "utf8"), key: readFileSync(join(folder, "key.pem"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("e-mail", () => {
  it("tells everybody in plain text, and a recovery answers its alert", async () => {
    await using server = await MailServer.open();
    const channel = channelTo(server.port);
    await channel.send(alert);
    await channel.send({
      ...alert,
      id: "0a0a0a0a-0000-4000-8000-000000000002",
      kind: "recovery",
      title: "billing has caught up, after 4m 0s.",
    });
    const [first, second] = server.mails as [Mail, Mail];
    assert.equal(first.from, "alerts@example.com");
    assert.deepEqual(first.to, ["eva@example.com", "team@example.com"]);
    assert.match(first.text, /^Subject: billing is 12,345 events behind; its limit is 10,000\.\r$/m);
    assert.match(first.text, /Nobody reads: the group has no members\./);
    assert.match(first.text, /^Content-Type: text\/plain; charset=utf-8\r$/m);
    assert.match(first.text, /^Auto-Submitted: auto-generated\r$/m);
    const id = /^Message-ID: (<[^>]+>)\r$/im.exec(first.text)![1]!;
    assert.equal(id, `<${alert.incidentId}@example.com>`);
    assert.match(second.text, new RegExp(`^In-Reply-To: ${id}\r$`, "m"));
    assert.match(second.text, /^Subject: Re: billing has caught up/m);
  });

  it("lets no name add a header or a receiver", async () => {
    await using server = await MailServer.open();
    const title = "x\r\nBcc: mallory@example.com\r\n\r\nbody";
    await channelTo(server.port).send({ ...alert, title, incidentId: "i\r\nBcc: mallory@example.com" });
    const [{ text, to }] = server.mails as [Mail];
    const [head = ""] = text.split("\r\n\r\n");
    assert.doesNotMatch(head, /^Bcc/im);
    assert.deepEqual(to, ["eva@example.com", "team@example.com"]);
  });

  it("logs in, and says so when it may not", async () => {
    await using server = await MailServer.open({ authOptional: false, allowInsecureAuth: true });
    await channelTo(server.port, { server: `smtp://alerts:p%40ss@127.0.0.1:${server.port}` }).send(alert);
    assert.equal(server.mails.length, 1);
    const wrong = await codeOf(channelTo(server.port, { server: `smtp://alerts:wrong@127.0.0.1:${server.port}` }).send(alert));
    assert.equal(wrong.code, "ALERT_REFUSED");
    assert.doesNotMatch(wrong.message, /wrong@|p@ss/);
  });

  it("goes over TLS that somebody vouches for, or not at all", async () => {
    const { cert, key } = certificate();
    await using server = await MailServer.open({ cert, key, disabledCommands: [] });
    await channelTo(server.port, { requireTls: true, ca: cert }).send(alert);
    assert.equal(server.mails[0]!.isEncrypted, true);
    const stranger = await codeOf(channelTo(server.port, { requireTls: true }).send(alert));
    assert.equal(stranger.code, "ALERT_UNDELIVERED");
    assert.match(stranger.message, /certificate/);
    await using plain = await MailServer.open();
    const without = await codeOf(channelTo(plain.port, { requireTls: true }).send(alert));
    assert.equal(without.code, "ALERT_REFUSED");
    assert.equal(plain.mails.length, 0);
  });

  it("is not tried again when it is refused for good, and is when it is refused for now", async () => {
    await using server = await MailServer.open();
    server.refuse = { responseCode: 550, message: "no such user" };
    assert.deepEqual((await codeOf(channelTo(server.port).send(alert))).code, "ALERT_REFUSED");
    server.refuse = { responseCode: 451, message: "greylisted" };
    const later = await codeOf(channelTo(server.port).send(alert));
    assert.equal(later.code, "ALERT_UNDELIVERED");
    assert.match(later.message, /greylisted/);
    server.refuse = null;
    const trial = await testChannel(channelTo(server.port), { id: "t", nowMs: alert.atMs, by: "eva" });
    assert.equal(trial.ok, true);
  });

  it("waits no longer than its time for a server that says nothing", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const startedAt = performance.now();
    const { code } = await codeOf(channelTo((silent.address() as AddressInfo).port, { timeoutMs: 200 }).send(alert));
    assert.equal(code, "ALERT_UNDELIVERED");
    assert.ok(performance.now() - startedAt < 2000);
    silent.close();
  });

  it("says every problem of its description at once", () => {
    assert.throws(
      () => channelTo(25, { server: "mail.example.com", from: "alerts", to: ["eva@example.com\r\nBcc: x@y"] }),
      (error: Error) => {
        assert.match(error.message, /no smtp:\/\/host:587/);
        assert.match(error.message, /"alerts" is no e-mail address/);
        assert.match(error.message, /Bcc/);
        return true;
      },
    );
    assert.throws(() => channelTo(25, { to: [] }), /nobody to send to/);
  });
});
