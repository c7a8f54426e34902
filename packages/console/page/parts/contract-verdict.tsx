import type { WholeFailure } from "../api/answers.ts";
import { Note, Status } from "./status.tsx";

type Contract = WholeFailure["contract"];

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
