/** The errors of Confluent's REST API (v7): HTTP status, its code, and what ours add: what to do. */
const table = {
  SUBJECT_NOT_FOUND: [404, 40401, ({ subject }) => `Subject '${subject}' not found.`],
  VERSION_NOT_FOUND: [404, 40402, ({ version }) => `Version ${version} not found.`],
  SCHEMA_NOT_FOUND: [404, 40403, ({ what }) => `Schema ${what}not found`],
  SUBJECT_SOFT_DELETED: [
    404,
    40404,
    ({ subject }) => `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`,
  ],
  SUBJECT_NOT_SOFT_DELETED: [
    404,
    40405,
    ({ subject }) => `Subject '${subject}' was not deleted first before being permanently deleted`,
  ],
  VERSION_SOFT_DELETED: [
    404,
    40406,
    ({ subject, version }) =>
      `Subject '${subject}' Version ${version} was soft deleted. Set permanent=true to delete permanently`,
  ],
  VERSION_NOT_SOFT_DELETED: [
    404,
    40407,
    ({ subject, version }) => `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
  ],
  COMPATIBILITY_NOT_SET: [
    404,
    40408,
    ({ subject }) => `Subject '${subject}' does not have subject-level compatibility configured`,
  ],
  MODE_NOT_SET: [404, 40409, ({ subject }) => `Subject '${subject}' does not have subject-level mode configured`],
  INCOMPATIBLE: [409, 409, ({ what }) => `Schema being registered is incompatible with an earlier schema; ${what}`],
  INVALID_SCHEMA: [422, 42201, ({ what }) => `Invalid schema: ${what}`],
  INVALID_VERSION: [
    422,
    42202,
    ({ version }) =>
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
  ],
  INVALID_LEVEL: [
    422,
    42203,
    ({ what }) =>
      `Invalid compatibility level ${what}. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive`,
  ],
  INVALID_POLICY: [422, 42203, ({ what }) => `Invalid compatibility policy ${what}. Valid values are strict and lenient`],
  INVALID_MODE: [
    422,
    42204,
    ({ what }) => `Invalid mode ${what}. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT`,
  ],
  NOT_PERMITTED: [422, 42205, ({ what }) => `${what}`],
  REFERENCE_EXISTS: [422, 42206, ({ what }) => `One or more references exist to the schema ${what}`],
  INVALID_SUBJECT: [422, 42208, ({ subject }) => `The specified subject '${subject}' is not a valid subject.`],
  BAD_REQUEST: [400, 400, ({ what }) => `${what}`],
} as const satisfies Record<string, readonly [status: number, code: number, message: (details: Details) => string]>;

type Details = Readonly<Record<"subject" | "version" | "what", string | number>>;
export type RegistryErrorKind = keyof typeof table;

export class RegistryError extends Error {
  readonly kind: RegistryErrorKind;
  readonly status: number;
  /** `error_code` of the API. */
  readonly code: number;

  constructor(kind: RegistryErrorKind, details: Partial<Details> = {}) {
    const [status, code, message] = table[kind];
    super(message({ subject: "", version: "", what: "", ...details }));
    this.kind = kind;
    this.status = status;
    this.code = code;
  }
}
