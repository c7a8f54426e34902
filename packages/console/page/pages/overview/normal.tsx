import type { Overview } from "../../api/answers.ts";
import { Status, type Tone } from "../../parts/status.tsx";

const words: Readonly<Record<Overview["normal"][number]["state"], { readonly tone: Tone; readonly word: string }>> = {
  normal: { tone: "good", word: "Normal" },
  "not-normal": { tone: "warn", word: "Not normal" },
  unknown: { tone: "unknown", word: "Unknown" },
};

/** What need not be looked at. */
export const Normal = ({ of }: { readonly of: Overview["normal"] }) => (
  <ul className="card pairs">
    {of.map(({ what, state, sentence }) => (
      <li key={what}>
        <span>{sentence}</span>
        <Status tone={words[state].tone}>{words[state].word}</Status>
      </li>
    ))}
  </ul>
);
