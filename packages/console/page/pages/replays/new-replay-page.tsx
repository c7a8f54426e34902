import { type SubmitEvent, useState } from "react";
import type { PostRoutes } from "../../api/api-types.ts";
import { type ApiProblem, send } from "../../api/client.ts";
import { Problem } from "../../parts/answer.tsx";
import { Choice, Field, TextField } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import { paths } from "../../router/paths.ts";
import { kinds } from "./replay-words.ts";
import { ReplayPlan } from "./replay-plan.tsx";

export type ReplayTerms = Omit<PostRoutes["/replays/plan"]["body"], "countWithinMs">;
type Plan = PostRoutes["/replays/plan"]["answer"];
type Kind = keyof typeof kinds;

const countWithinMs = 3_000;

/** What is asked for stands in the address, so that a colleague can look at it first. */
export function NewReplayPage() {
  const [search, change] = useSearch();
  const [planned, setPlanned] = useState<{ readonly plan: Plan; readonly terms: ReplayTerms } | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const value = (name: string): string => search.get(name) ?? "";
  const set = (name: string) => (text: string) => {
    setPlanned(null);
    change({ [name]: text });
  };
  const plan = async (): Promise<void> => {
    setProblem(null);
    try {
      const terms = termsIn(search);
      setPlanned({ terms, plan: await send("POST", "/replays/plan", { body: { ...terms, countWithinMs } }) });
    } catch (error) {
      setProblem(error as ApiProblem);
    }
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void plan();
  };
  return (
    <Page
      byTenant="a replay runs through the history of all tenants."
      title="New replay"
      above={<Link to={paths.replays()}>Replays</Link>}
      say="First a plan, which does nothing. Then you decide."
    >
      <form className="card stack" onSubmit={onSubmit}>
        <div className="filters">
          <TextField label="Service" value={value("service")} onChange={set("service")} />
          <TextField label="Handler" value={value("handler")} onChange={set("handler")} />
          <Choice<Kind>
            label="Kind"
            value={value("kind") === "rerun" ? "rerun" : "rebuild"}
            choices={kinds}
            onChange={set("kind")}
          />
        </div>
        <div className="filters">
          <Instant label="From (empty: the beginning)" value={value("from")} onChange={set("from")} />
          <Instant label="To (empty: now)" value={value("to")} onChange={set("to")} />
          <TextField label="Only these types" value={value("types")} onChange={set("types")} placeholder="order.completed" />
          <TextField label="Only these subjects" value={value("subjects")} onChange={set("subjects")} />
          <TextField label="At most a second" value={value("rate")} onChange={set("rate")} placeholder="as fast as it goes" />
        </div>
        <label className="row">
          <input
            type="checkbox"
            checked={search.get("publish") === "yes"}
            onChange={({ target }) => set("publish")(target.checked ? "yes" : "")}
          />
          <span>Publish again what the handler publishes</span>
        </label>
        {problem !== null && <Problem of={problem} />}
        <div className="row">
          <button type="submit" className="button main-action">
            Plan it
          </button>
        </div>
      </form>
      {planned !== null && (
        <Section title="The plan" about="nothing has happened yet">
          <ReplayPlan plan={planned.plan} terms={planned.terms} />
        </Section>
      )}
    </Page>
  );
}

interface InstantProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A time of this clock. */
const Instant = ({ label, value, onChange }: InstantProps) => (
  <Field label={label}>
    <input className="input" type="datetime-local" value={value} onChange={({ target }) => onChange(target.value)} />
  </Field>
);

const list = (text: string): string[] | null => {
  const parts = text.split(/[\s,]+/).filter((part) => part !== "");
  return parts.length === 0 ? null : parts;
};
const instant = (text: string): number | null => (text === "" ? null : new Date(text).getTime());

function termsIn(search: URLSearchParams): ReplayTerms {
  const value = (name: string): string => search.get(name)?.trim() ?? "";
  return {
    service: value("service"),
    handler: value("handler"),
    kind: value("kind") === "rerun" ? "rerun" : "rebuild",
    fromMs: instant(value("from")),
    toMs: instant(value("to")),
    types: list(value("types")),
    subjects: list(value("subjects")),
    ratePerSecond: value("rate") === "" ? null : Number(value("rate")),
    publish: value("publish") === "yes",
  };
}
