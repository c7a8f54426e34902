// Notifications: renders a mail and hands it to the mail provider.
import { randomBytes } from "node:crypto";
import { urlOf } from "../../front-door/ports.ts";
import { httpService } from "../http-service.ts";

interface MailRequest {
  to: string;
  about: string;
  order_id: string;
}

const { app, db, start } = httpService(
  "notifications",
  "CREATE TABLE IF NOT EXISTS sent (order_id TEXT NOT NULL, about TEXT NOT NULL)",
);
const record = db.prepare("INSERT INTO sent (order_id, about) VALUES (?, ?)");

// Support may want to see a mail again, so each rendered one is kept. Nobody ever removes one: this is the memory leak.
const rendered: { mail: MailRequest; html: string }[] = [];

function render(mail: MailRequest): string {
  const inlinedPictures = randomBytes(300_000).toString("base64");
  return `<h1>${mail.about}</h1><p>Dear ${mail.to}, this is about your order ${mail.order_id}.</p><img src="data:image/png;base64,${inlinedPictures}">`;
}

app.post<{ Body: MailRequest }>("/mails", async ({ body }, reply) => {
  rendered.push({ mail: body, html: render(body) });
  const response = await fetch(`${urlOf("mail-sink")}/mails`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(2_000),
  });
  if (!response.ok) throw new Error(`the mail provider answered ${response.status}`);
  record.run(body.order_id, body.about);
  return reply.code(201).send({ sent: true });
});

await start();
