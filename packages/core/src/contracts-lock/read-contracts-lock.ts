import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { explainErrors } from "../contract/explain-errors.ts";
import type { Problem } from "../contract/problem.ts";
import { type SchemaValidator, schemaValidator } from "../contract/schema-validator.ts";
import { coreError } from "../errors/index.ts";
import type { ContractsLock } from "./contracts-lock.ts";

/** A lock: the path of its file, its file's URL, or what was read from it. */
export type ContractsLockSource = string | URL | object;

/** Throws `CONTRACTS_LOCK_INVALID` with every problem: that the file cannot be read, or what is wrong with it. */
export function readContractsLock(source: ContractsLockSource): ContractsLock {
  if (typeof source !== "string" && !(source instanceof URL)) return checked(source, "the contracts lock");
  const file = source instanceof URL ? fileURLToPath(source) : source;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw invalid(file, [{ pointer: "", message: `cannot be read (${(error as NodeJS.ErrnoException).code})` }], error);
  }
  return parseContractsLock(text, file);
}

/** @param file As an error names it. */
export function parseContractsLock(text: string, file: string): ContractsLock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const isConflict = /^<{7} /m.test(text);
    const message = isConflict
      ? "has marks of a merge conflict; take either side, and run: throughline contracts push"
      : `is no JSON: ${(error as Error).message}`;
    throw invalid(file, [{ pointer: "", message }], error);
  }
  return checked(value, file);
}

function checked(value: unknown, file: string): ContractsLock {
  const version = (value as { lockVersion?: unknown } | null)?.lockVersion;
  if (typeof version === "number" && version > 1)
    throw invalid(file, [
      { pointer: "/lockVersion", message: `is ${version}, which a newer Throughline wrote; this one reads 1` },
    ]);
  validator ??= schemaValidator(lockSchema);
  const errors = validator.errors(value);
  if (errors.length > 0) throw invalid(file, explainErrors(errors, validator, []));
  return value as ContractsLock;
}

function invalid(file: string, problems: readonly Problem[], cause?: unknown): Error {
  return coreError("CONTRACTS_LOCK_INVALID", { file, problems }, cause);
}

let validator: SchemaValidator | undefined;

const text = { type: "string" };
const textOrNull = { type: ["string", "null"] };
const schemaProperties = {
  registered: {
    type: ["object", "null"],
    properties: { version: { type: "integer", minimum: 1 }, id: { type: "integer" } },
    required: ["version", "id"],
  },
  data: { type: "object" },
  encoding: {
    type: ["object", "null"],
    properties: { schemaType: { enum: ["AVRO", "PROTOBUF"] }, schema: text },
    required: ["schemaType", "schema"],
  },
};

const lockSchema = {
  type: "object",
  properties: {
    lockVersion: { const: 1 },
    registry: textOrNull,
    contracts: {
      type: "object",
      additionalProperties: {
        type: "object",
        propertyNames: { pattern: "^[1-9]\\d*$" },
        additionalProperties: {
          type: "object",
          properties: {
            published: { type: "boolean" },
            service: text,
            owner: textOrNull,
            stream: text,
            subject: text,
            tenant: textOrNull,
            personal: { type: "array", items: text },
            description: textOrNull,
            compacted: { type: "boolean" },
            registrySubject: text,
            ...schemaProperties,
            before: {
              type: "array",
              items: { type: "object", properties: schemaProperties, required: Object.keys(schemaProperties) },
            },
          },
          required: [
            "published",
            "service",
            "owner",
            "stream",
            "subject",
            "tenant",
            "personal",
            "description",
            "compacted",
            "registrySubject",
            ...Object.keys(schemaProperties),
            "before",
          ],
        },
      },
    },
  },
  required: ["lockVersion", "registry", "contracts"],
};
