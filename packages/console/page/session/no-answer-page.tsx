import type { ApiProblem } from "../api/client.ts";
import { Problem } from "../parts/answer.tsx";

/** When not even the session can be asked for. */
export const NoAnswerPage = ({ problem }: { readonly problem: ApiProblem }) => (
  <main className="gate">
    <h1>Throughline</h1>
    <Problem of={problem} />
  </main>
);
