import type { AnswerOf } from "../../api/answers.ts";
import { Status } from "../../parts/status.tsx";

type Drift = AnswerOf<"/catalogue">["items"][number]["drift"];

const words: Readonly<Record<Drift[number]["kind"], string>> = {
  "seen-not-declared": "Not declared",
  "declared-never-seen": "Never seen",
  "version-not-declared": "Version not declared",
  "source-not-declared": "Another publisher",
  "read-not-published": "Nobody publishes it",
};

/** Where what is declared and what is seen differ. */
export const DriftStatus = ({ of }: { readonly of: Drift }) =>
  of.length === 0 ? (
    <Status tone="good">As declared</Status>
  ) : (
    of.map(({ kind, sentence }) => (
      <div key={kind + sentence}>
        <Status tone={kind === "declared-never-seen" ? "calm" : "warn"}>{words[kind]}</Status>
      </div>
    ))
  );
