import { useState } from "react";
import type { EditCheck } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer, Problem } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { Note } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { base64Of } from "./base64.ts";
import { EditDifferences } from "./edit-differences.tsx";
import { PlanButton } from "./plan-button.tsx";

/** Mends one failed event's payload, and redrives it: what nobody changed keeps every byte. */
export function EditPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  // Asked once: what somebody types must not be overwritten.
  const answer = useApi("/failures/{id}", { path: { id }, query: { unmasked: true }, everyMs: 0 });
  return (
    <Page
      title="Edit and redrive"
      above={
        <>
          <Link to={paths.failures()}>Failures</Link> / <Link to={paths.failure(id)}>the failure</Link>
        </>
      }
      say="Only the handler that failed sees the edit, once; the event in the log stays as it is."
    >
      <Answer of={answer}>
        {({ payload, failure }) =>
          payload.text === null || payload.isCut ? (
            <Note tone="warn">
              <p>
                {payload.isCut ? "It is too long to be edited here." : "It is no text that could be edited here."} The command
                line can: <code>throughline redrive --edit</code>.
              </p>
            </Note>
          ) : (
            <Editor id={id} service={failure.service} before={payload.text} />
          )
        }
      </Answer>
    </Page>
  );
}

interface EditorProps {
  readonly id: string;
  readonly service: string;
  readonly before: string;
}

function Editor({ id, service, before }: EditorProps) {
  const [text, setText] = useState(before);
  const [checked, setChecked] = useState<EditCheck | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const check = async (): Promise<void> => {
    setProblem(null);
    try {
      setChecked(await send("POST", "/failures/{id}/edit-check", { path: { id }, body: { text } }));
    } catch (error) {
      setChecked(null);
      setProblem(error as ApiProblem);
    }
  };
  return (
    <>
      <Field label="Payload">
        <textarea
          className="input"
          rows={14}
          value={text}
          spellCheck={false}
          onChange={({ target }) => {
            setText(target.value);
            setChecked(null);
          }}
        />
      </Field>
      <div className="row">
        <Button kind="main-action" onPress={() => void check()} whyNot={text === before ? "Nothing is changed." : null}>
          Check it
        </Button>
        <Button kind="quiet" onPress={() => setText(before)} whyNot={text === before ? "It is as it was." : null}>
          As it was
        </Button>
      </div>
      {problem !== null && <Problem of={problem} />}
      {checked !== null && (
        <Section title="What it changes">
          <EditDifferences of={checked} />
          <div className="row">
            <PlanButton
              plan={{ action: "redrive", selection: { failureIds: [id] }, payloadBase64: base64Of(checked.text) }}
              service={service}
              kind="main-action"
              whyNot={checked.verdict === "invalid" ? "Its handler would refuse it." : null}
            >
              Plan its redrive
            </PlanButton>
          </div>
        </Section>
      )}
    </>
  );
}
