import type { DifferenceKind } from "../compatibility/difference.ts";

/** One reason why a handler cannot go on with what is published. */
export interface ReadingBreak {
  readonly kind: DifferenceKind | AgreementKind;
  /** Where in the data: `/lines/[]/price`; empty is the whole, or the contract itself. */
  readonly path: string;
  /** JSON pointer of what refuses, in the reader's schema; empty where it is no schema that does. */
  readonly pointer: string;
  /** A sentence with what is read and what is written. */
  readonly message: string;
  /** False where nobody can tell: the reader, or the writer, tells nothing, or the proof would take too long. */
  readonly isCertain: boolean;
}

/** What may break beside the schema. */
export type AgreementKind =
  | "contract_removed"
  | "version_newer"
  | "stream_changed"
  | "subject_changed"
  | "tenant_changed"
  | "stream_compacted"
  | "encoding_changed"
  | "contracts_unknown";

/** A break of one handler with one type of event. */
export interface ConsumerBreak extends ReadingBreak {
  readonly consumer: HandlerPlace;
  readonly type: string;
  /** The version that would be published; null where nothing is any more. */
  readonly version: number | null;
  /** Who publishes; null is the log itself, where older versions stand. */
  readonly publisher: string | null;
}

export interface HandlerPlace {
  readonly service: string;
  /** The deployed version; null where it is not deployed yet, or not known. */
  readonly version: string | null;
  /** Null is a whole service, or a consumer group, of whose handlers nothing is known. */
  readonly handler: string | null;
}

/** As sentences name it. */
export function placeText({ service, version, handler }: HandlerPlace): string {
  return `${service}${version === null ? "" : ` ${version}`}${handler === null ? "" : `, handler "${handler}"`}`;
}
