import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { portOf } from "./ports.ts";

test("a port that is no port names its variable", () => {
  assert.equal(portOf("orders", { SHOP_ORDERS_PORT: "8080" }), 8080);
  assert.throws(() => portOf("mail-sink", { SHOP_MAIL_SINK_PORT: "eighty" }), /SHOP_MAIL_SINK_PORT is "eighty"/);
});

test("a port in use ends the program with one line that says what to do", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const folder = mkdtempSync(join(tmpdir(), "shop-ports-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));

  const { port } = taken.address() as AddressInfo;
  const env = { ...process.env, SHOP_MAIL_SINK_PORT: String(port), SHOP_MAIL_SINK_FILE: join(folder, "mails.db") };
  const program = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "../mail-sink/main.ts")],
    { env },
  );
  let said = "";
  program.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const [code] = (await once(program, "close")) as [number];

  assert.equal(code, 1);
  assert.equal(
    said,
    `mail-sink: port ${port} on 127.0.0.1 is in use; end the program that uses it, or set SHOP_MAIL_SINK_PORT to a free one\n`,
  );
});
