import { errorTable } from "throughline/seams";

/** What only the control plane knows. */
export const controlErrors = {
  CONTROL_AMBIGUOUS: {
    retryable: false,
    message: (d: { what: string; given: string; candidates: readonly string[] }) =>
      `"${d.given}" names ${d.candidates.length} ${d.what}: ${d.candidates.slice(0, 5).join(", ")}${d.candidates.length > 5 ? ", …" : ""}; give more of it`,
  },
};

export const controlError = errorTable(controlErrors);
