import { after, before, describe, it } from "node:test";
import { type Case, check } from "./bad-input/case.ts";
import { Shop } from "./bad-input/shop.ts";
import { badUtf8, type Foreign, foreignRecord, numbered, structuredRecord } from "./bad-input/wire.ts";
import { publishing, record, structured } from "./bad-input/bringing.ts";
import { OrderPlaced } from "./bad-input/contracts.ts";

const big = "x".repeat(2 * 1024 * 1024);

const cases: readonly Case[] = [
  // --- records that others wrote -----------------------------------------------------------------------------------
  { name: "no headers at all", bring: record({ ce: { specversion: null, id: null, source: null, type: null, subject: null, time: null }, contentType: null }), expect: { dead: "undecodable", says: /ce_specversion is missing/ } },
  { name: "no specversion", bring: record({ ce: { specversion: null } }), expect: { dead: "undecodable", says: /ce_specversion is missing/ } },
  { name: "no id", bring: record({ ce: { id: null } }), expect: { dead: "undecodable", says: /ce_id is missing/ } },
  { name: "an empty id", bring: record({ ce: { id: "" } }), expect: { dead: "undecodable", says: /ce_id is empty/ } },
  { name: "no source", bring: record({ ce: { source: null } }), expect: { dead: "undecodable", says: /ce_source is missing/ } },
  { name: "no type", bring: record({ ce: { type: null } }), expect: { dead: "undecodable", says: /ce_type is missing/ } },
  { name: "no subject", bring: record({ ce: { subject: null } }), expect: { ignored: true } },
];

let shop: Shop;
before(async () => {
  shop = await Shop.open();
});
after(() => shop.close());

for (const [index, each] of cases.entries()) it(each.name, () => check(each, shop, `case-${index}`));
