import type { WholeFailure } from "../api/answers.ts";
import { Note, Status } from "./status.tsx";

type Contract = WholeFailure["contract"];

/** Which contract an event is held against, in a sentence. */
export const judgedBy = (contract: Contract): string =>
  contract === null
    ? "no service announced a contract for it"
    : `judged by version ${contract.version} of ${contract.type}, as ${contract.service} has it`;

/** Whether it is as its contract says. */
export const SchemaProblems = ({ of: contract }: { readonly of: Contract }) =>
  contract?.problems == null ? null : contract.problems.length === 0 ? (
    <Status tone="good">Matches its contract</Status>
  ) : (
    <Note tone="bad">
      <p>It does not match its contract:</p>
      <ul>
        {contract.problems.map(({ pointer, message }) => (
          <li key={pointer + message}>
            <code>{pointer || "/"}</code> {message}
          </li>
        ))}
      </ul>
    </Note>
  );
