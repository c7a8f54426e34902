import type { DatabaseSync } from "node:sqlite";
import type { AcknowledgedMark } from "../index-store.ts";
import { rowsOf } from "./prepared.ts";

// Entries that name no service are few: they have an index of their own.
const acknowledged = `
  SELECT json_extract(body, '$.id') AS id, json_extract(body, '$.by') AS "by", json_extract(body, '$.reason') AS note,
    json_extract(body, '$.outcome') AS outcome, at_ms AS atMs, max(at_ms * 1e6 + offset % 1000000) AS newest
  FROM audit WHERE json_extract(body, '$.about') IS NOT NULL AND json_extract(body, '$.action') = 'acknowledge'
  GROUP BY 1`;

export const acknowledgements = (db: DatabaseSync): AcknowledgedMark[] =>
  rowsOf<AcknowledgedMark & { outcome: string | null }>(db, acknowledged)
    .filter(({ outcome }) => outcome !== "refused")
    .map(({ id, by, note, atMs }) => ({ id: String(id), by: String(by), note: note === null ? null : String(note), atMs }));
