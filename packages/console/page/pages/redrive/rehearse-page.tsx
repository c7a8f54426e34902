import { useState } from "react";
import type { Rehearsal } from "../../api/answers.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Problem } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Figures } from "../../parts/facts.tsx";
import { Field } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { causeOf } from "../failures/say-failure.ts";
import { RehearsedBuilds } from "./rehearsed-builds.tsx";

/** How many failures of a cause would pass a candidate schema. */
export function RehearsePage({ parts }: { readonly parts: PathParts }) {
  const fingerprint = parts["fingerprint"]!;
  const { data: group } = useApi("/failure-groups/{fingerprint}", { path: { fingerprint }, everyMs: 0 });
  const [text, setText] = useState('{\n  "type": "object"\n}');
  const [found, setFound] = useState<Rehearsal | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const [isTrying, setTrying] = useState(false);
  const schema = schemaIn(text);
  const rehearse = async (): Promise<void> => {
    setProblem(null);
    setTrying(true);
    try {
      setFound(await send("POST", "/rehearsals", { body: { selection: { query: { group: fingerprint } }, schema } }));
    } catch (error) {
      setProblem(error as ApiProblem);
    } finally {
      setTrying(false);
    }
  };
  return (
    <Page
      byTenant="a rehearsal takes all failures of the cause."
      title="Rehearse"
      above={
        <>
          <Link to={paths.failures()}>Failures</Link> /{" "}
          <Link to={paths.failureGroup(fingerprint)}>{group === undefined ? "the cause" : causeOf(group)}</Link>
        </>
      }
      say="How many of these failures would pass a schema that you think of. Nothing is asked of anybody, and nothing is written."
    >
      {group !== undefined && <RehearsedBuilds service={group.service} group={fingerprint} sinceMs={group.firstMs} />}
      <Section title="A new build of the handler" about="runs where the build and its database are">
        <pre className="code" tabIndex={0}>
          {`throughline rehearse ./services/${group?.service ?? "<service>"} --console ${location.origin} --group ${fingerprint}`}
        </pre>
        <p className="soft">
          It runs each failure as its redrive would, rolls everything back, and tells this page what came of it.
        </p>
      </Section>
      <Field label="Candidate schema (JSON Schema)">
        <textarea className="input" rows={12} value={text} spellCheck={false} onChange={({ target }) => setText(target.value)} />
      </Field>
      <div className="row">
        <Button
          kind="main-action"
          onPress={() => void rehearse()}
          whyNot={schema === null ? "It is no JSON object." : isTrying ? "It is being tried." : null}
        >
          Try it
        </Button>
      </div>
      {problem !== null && <Problem of={problem} />}
      {found !== null && <Found of={found} />}
    </Page>
  );
}

const Found = ({ of: { looked, isMore, passed, failed, unreadable, causes } }: { readonly of: Rehearsal }) => (
  <Section title="What came of it" about={isMore ? "the list is longer than what was looked at" : undefined}>
    <Figures
      of={[
        ["Looked at", count(looked)],
        ["Would pass", count(passed)],
        ["Would fail", count(failed)],
        ["Unreadable", count(unreadable)],
      ]}
    />
    {causes.length > 0 && (
      <DataTable
        label="Why they would fail"
        columns={columns}
        rows={causes}
        rowId={({ pointer, message }) => pointer + message}
      />
    )}
  </Section>
);

const columns: readonly TableColumn<Rehearsal["causes"][number]>[] = [
  { id: "where", title: "Where", cell: ({ pointer }) => <strong className="mono">{pointer || "/"}</strong> },
  { id: "what", title: "What", cell: ({ message }) => message },
  { id: "count", title: "How many", isNumber: true, cell: (cause) => count(cause.count) },
  { id: "example", title: "Such as", cell: ({ example }) => <Link to={paths.failure(example)}>one of them</Link> },
];

function schemaIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
