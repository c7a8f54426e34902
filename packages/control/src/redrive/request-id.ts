import { createHash } from "node:crypto";

/** The id of a job's request for a failure: the same however often it is sent, so that its service knows a repeat. A UUID by its form. */
export function requestIdOf(jobId: string, failureId: string): string {
  const hex = createHash("sha256").update(`${jobId} ${failureId}`).digest("hex");
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
