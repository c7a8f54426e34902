import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePorts } from "../driver/free-ports.ts";
import { readMailSink } from "../driver/mail-sink.ts";
import { startProcess } from "../driver/shop-process.ts";
import { until } from "../driver/until.ts";
import { urlOf } from "../front-door/ports.ts";

test("one key is one mail, however often it is called", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "shop-mails-"));
  const env = { ...(await freePorts()), SHOP_MAIL_SINK_FILE: join(folder, "mails.db") };
  const sink = startProcess({
    name: "mail-sink",
    main: join(import.meta.dirname, "main.ts"),
    env,
    logFile: join(folder, "sink.log"),
  });
  t.after(async () => {
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = urlOf("mail-sink", env);
  await until("the mail sink answers", () => readMailSink(url));

  const send = async (key: string): Promise<number> => {
    const body = JSON.stringify({ to: "customer-1", about: "Your receipt", order_id: "order-1" });
    const response = await fetch(`${url}/mails`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body,
    });
    return response.status;
  };
  assert.deepEqual([await send("a"), await send("a"), await send("b")], [201, 200, 201]);
  assert.deepEqual(await readMailSink(url), { mails: 2, calls: 3 });
});
