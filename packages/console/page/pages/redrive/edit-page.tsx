import { useMemo, useRef, useState } from "react";
import type { EditCheck } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer, Problem } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { Field } from "../../parts/field.tsx";
import type { JsonFault } from "../../parts/json-fault.ts";
import { Page, Section } from "../../parts/page.tsx";
import { Note } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { base64Of } from "./base64.ts";
import { editText } from "./edit-text.ts";
import { EditDifferences } from "./edit-differences.tsx";
import { PlanButton } from "./plan-button.tsx";

/** Mends one failed event's payload, and redrives it: what nobody changed keeps every byte. */
export function EditPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  // Asked once: what somebody types must not be overwritten.
  const answer = useApi("/failures/{id}", { path: { id }, query: { unmasked: true }, everyMs: 0 });
  return (
    <Page
      byTenant
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
  const edit = useMemo(() => editText(before), [before]);
  const [text, setText] = useState(edit.shown);
  const [checked, setChecked] = useState<EditCheck | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const sent = useMemo(() => edit.sent(text), [edit, text]);
  const fault = useMemo(() => edit.fault(text), [edit, text]);
  const change = (changed: string): void => {
    setText(changed);
    setChecked(null);
    setProblem(null);
  };
  const check = async (): Promise<void> => {
    setProblem(null);
    try {
      setChecked(await send("POST", "/failures/{id}/edit-check", { path: { id }, body: { text: sent } }));
    } catch (error) {
      setChecked(null);
      setProblem(error as ApiProblem);
    }
  };
  return (
    <>
      <Field label={`Payload${sayShown(edit.shown, before)}`}>
        <textarea
          ref={area}
          className="input"
          rows={Math.min(32, Math.max(10, edit.shown.split("\n").length + 1))}
          value={text}
          spellCheck={false}
          aria-invalid={fault !== null}
          onChange={({ target }) => change(target.value)}
        />
      </Field>
      {fault !== null && <Fault of={fault} goThere={() => select(area.current, fault.at)} />}
      <div className="row">
        <Button
          kind="main-action"
          onPress={() => void check()}
          whyNot={sent === before ? "Nothing is changed." : sayFault(fault)}
        >
          Check it
        </Button>
        <Button kind="quiet" onPress={() => change(edit.shown)} whyNot={text === edit.shown ? "It is as it was." : null}>
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

const sayShown = (shown: string, before: string): string =>
  shown === before ? "" : ", laid out to be edited; it is sent in one line, as it came";

const sayFault = (fault: JsonFault | null): string | null =>
  fault === null ? null : `It is no JSON: line ${fault.line}, column ${fault.column}.`;

const Fault = ({ of: { line, column, what }, goThere }: { readonly of: JsonFault; readonly goThere: () => void }) => (
  <Note tone="bad">
    <p>
      Line {line}, column {column}: {what}.
    </p>
    <div className="row">
      <Button kind="quiet" onPress={goThere}>
        Go there
      </Button>
    </div>
  </Note>
);

function select(area: HTMLTextAreaElement | null, at: number): void {
  area?.focus();
  area?.setSelectionRange(at, at + 1);
}
