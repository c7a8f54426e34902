import type { IncomingMessage, ServerResponse } from "node:http";
import type { EventLog, SchemaRegistry, Surroundings } from "throughline/seams";
import type { Audit } from "../audit/create-audit.ts";
import type { Access } from "../access/access.ts";
import type { Compatibility } from "../catalogue/version-diffs.ts";
import type { IndexStore } from "../index-store/index-store.ts";
import type { LagStore } from "../lag/lag-store.ts";
import type { LagWatcher } from "../lag/lag-watcher.ts";
import type { DataEncodings } from "../payload/data-encodings.ts";
import type { WrittenDataReader } from "../payload/written-data.ts";
import type { Redrives } from "../redrive/redrives.ts";
import type { IndexChanges } from "./index-changes.ts";

/** What the routes work with. Whoever made a part closes it. */
export interface ControlParts {
  readonly log: EventLog;
  readonly index: IndexStore;
  readonly changes: IndexChanges;
  readonly lag: { readonly watcher: LagWatcher; readonly store: LagStore };
  readonly redrives: Redrives;
  /** Asked for the schemas of data in Avro and Protobuf, and for contracts that no service announced. */
  readonly registry?: SchemaRegistry | undefined;
  /** Reads and writes such data; without it, it is shown as bytes. */
  readonly encodings?: DataEncodings | undefined;
  readonly surroundings: Surroundings;
  /** Writes down who asks for what, before it is done. */
  readonly audit: Audit;
  /** Who may do what, and the audit. */
  readonly access: Access;
  /** Where one trace is shown: `https://…/{traceId}`. */
  readonly traceUrl?: string;
  /** Proxies whose word on where a request comes from counts. */
  readonly trustProxy?: readonly string[];
  /** Proves whether two versions of a contract go together; without it the catalogue shows their fields alone. */
  readonly compatibility?: Compatibility;
  /** Other servers that answer below a path of this one, such as the schema registry. */
  readonly mounts?: readonly Mount[];
  /** The folder of the built page; without one there is only the API. */
  readonly pageDir?: string;
}

/** With what routes share. */
export interface RouteParts extends ControlParts {
  /** Reads data in Avro and Protobuf. */
  readonly writtenData: WrittenDataReader;
}

export interface Mount {
  /** `/registry` */
  readonly prefix: string;
  /** Answers a request whose URL has no prefix any more. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}
