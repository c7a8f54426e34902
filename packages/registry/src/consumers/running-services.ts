import type { ServiceContracts } from "throughline/system-topics";

/** One deployed version of a service, as it runs: in a rolling deploy there are several. */
export interface RunningVersion {
  readonly service: string;
  readonly version: string | null;
  readonly instances: readonly string[];
  /** Null where it does not tell: older code, or a consumer that is none of ours. */
  readonly contracts: ServiceContracts | null;
  /** Why it does not tell, as the end of a sentence; null where it does. */
  readonly whyUnknown: string | null;
  /** What is known all the same. */
  readonly handles: readonly {
    /** Null is all that it has. */
    readonly handler: string | null;
    /** Null where even these are not known: any of its streams' types. */
    readonly types: readonly { readonly type: string; readonly version: number }[] | null;
    readonly streams: readonly string[];
  }[];
  /** The types that it publishes. */
  readonly publishes: readonly string[];
}
