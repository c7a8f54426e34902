import type { WholeFailure } from "../api/answers.ts";

/** Which contract an event is held against, in a sentence. */
export const judgedBy = (contract: WholeFailure["contract"]): string =>
  contract === null
    ? "no service announced a contract for it"
    : `checked against version ${contract.version} of ${contract.type}, the contract that ${contract.service} announced`;
