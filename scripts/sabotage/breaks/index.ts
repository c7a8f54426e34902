import type { Break } from "../break.ts";
import { accessBreaks } from "./access.ts";
import { adoptionBreaks } from "./adoption.ts";
import { breakerBreaks } from "./breaker.ts";
import { callBreaks } from "./calls.ts";
import { consumerBreaks } from "./consumers.ts";
import { controlActionBreaks } from "./control-actions.ts";
import { controlBreaks } from "./controls.ts";
import { crashBreaks } from "./crashes.ts";
import { deployBreaks } from "./deploys.ts";
import { effectsOnceBreaks } from "./effects-once.ts";
import { encodingBreaks } from "./encodings.ts";
import { failureBreaks } from "./failure.ts";
import { isolationBreaks } from "./isolation.ts";
import { controlReadBreaks } from "./control-reads.ts";
import { kafkaBreaks } from "./kafka.ts";
import { lagBreaks } from "./lag.ts";
import { logLineBreaks } from "./log-lines.ts";
import { numberingBreaks } from "./numbering.ts";
import { indexBreaks } from "./log-index.ts";
import { modeBreaks } from "./modes.ts";
import { operationBreaks } from "./operation.ts";
import { orderBreaks } from "./order.ts";
import { outboxBreaks } from "./outbox.ts";
import { postgresBreaks } from "./postgres.ts";
import { privacyBreaks } from "./privacy.ts";
import { probeBreaks } from "./probes.ts";
import { consoleBreaks } from "./console.ts";
import { publishBreaks } from "./publish.ts";
import { redriveBreaks } from "./redrive.ts";
import { redriveJobBreaks } from "./redrive-jobs.ts";
import { rehearsalBreaks } from "./rehearsal.ts";
import { contractBreaks } from "./contracts.ts";
import { registryBreaks } from "./registry.ts";
import { replayBreaks } from "./replay.ts";
import { schemaBreaks } from "./schemas.ts";

/** Every break, by rule. */
export const breaks: readonly Break[] = [
  ...publishBreaks,
  ...schemaBreaks,
  ...encodingBreaks,
  ...outboxBreaks,
  ...postgresBreaks,
  ...effectsOnceBreaks,
  ...isolationBreaks,
  ...kafkaBreaks,
  ...callBreaks,
  ...modeBreaks,
  ...orderBreaks,
  ...numberingBreaks,
  ...failureBreaks,
  ...crashBreaks,
  ...breakerBreaks,
  ...redriveBreaks,
  ...redriveJobBreaks,
  ...rehearsalBreaks,
  ...replayBreaks,
  ...adoptionBreaks,
  ...deployBreaks,
  ...registryBreaks,
  ...consumerBreaks,
  ...contractBreaks,
  ...indexBreaks,
  ...controlReadBreaks,
  ...accessBreaks,
  ...operationBreaks,
  ...controlBreaks,
  ...probeBreaks,
  ...lagBreaks,
  ...controlActionBreaks,
  ...privacyBreaks,
  ...logLineBreaks,
  ...consoleBreaks,
];
