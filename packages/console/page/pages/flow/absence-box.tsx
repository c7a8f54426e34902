import { type SubmitEvent, useState } from "react";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Bones } from "../../parts/bones.tsx";
import { Note, type Tone } from "../../parts/status.tsx";
import { useSearch } from "../../router/location.ts";

const tones: Readonly<Record<string, Tone>> = { there: "good", failed: "bad", missing: "bad", unknown: "unknown", waits: "warn" };

/** "Why is there no …?", answered from what the log knows. */
export function AbsenceBox({ id }: { readonly id: string }) {
  const [search, change] = useSearch();
  const wanted = search.get("wanted") ?? "";
  const [text, setText] = useState(wanted);
  const ask = (event: SubmitEvent): void => {
    event.preventDefault();
    change({ wanted: text.trim() });
  };
  const answer = useApi("/flows/{id}/absence", { path: { id }, query: { wanted }, when: wanted !== "" });
  return (
    <div className="stack">
      <form className="row" onSubmit={ask}>
        <label htmlFor="wanted">Why is there no</label>
        <input
          id="wanted"
          className="input"
          value={text}
          placeholder="invoice"
          onChange={({ target }) => setText(target.value)}
          autoComplete="off"
          spellCheck={false}
        />
        <span aria-hidden="true">?</span>
        <button type="submit" className="button">
          Ask
        </button>
      </form>
      {wanted !== "" && (
        <Answer of={answer} bones={<Bones lines={1} />}>
          {({ sentence, verdict, hop }) => (
            <Note tone={tones[verdict] ?? "calm"}>
              <p>{sentence}</p>
              {hop !== null && (
                <p>
                  <a href={`#${encodeURIComponent(`${hop.key}/${hop.service}/${hop.handler}`)}`}>
                    See {hop.service}/{hop.handler} in the timeline
                  </a>
                </p>
              )}
            </Note>
          )}
        </Answer>
      )}
    </div>
  );
}
