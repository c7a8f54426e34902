import { useApi } from "../../api/use-api.ts";
import { useLive } from "../../api/use-live.ts";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { Note, Status } from "../../parts/status.tsx";
import { useSearch } from "../../router/location.ts";
import type { Overview } from "../../api/answers.ts";
import { Changed } from "./changed.tsx";
import { Hurt } from "./hurt.tsx";
import { Normal } from "./normal.tsx";
import { OtherProblems } from "./other-problems.tsx";
import { Safe } from "./safe.tsx";
import { Worst } from "./worst.tsx";

/** What on call asks first, in the order in which it is asked. */
export function OverviewPage() {
  const [search, change] = useSearch();
  const tenantId = search.get("tenant") ?? undefined;
  const query = tenantId === undefined ? {} : { tenantId };
  const answer = useApi("/overview", { query, everyMs: 30_000 });
  const live = useLive("/overview/live", "overview", "/overview", { query }, answer.data !== undefined);
  return (
    <Page
      title="Overview"
      actions={
        <>
          {tenantId !== undefined && <Button onPress={() => change({ tenant: undefined })}>Only {tenantId}: show all</Button>}
          <Status tone={live === "live" ? "good" : live === "lost" ? "unknown" : "calm"}>
            {live === "live" ? "Live" : live === "lost" ? "Not live: connecting again" : "Connecting"}
          </Status>
        </>
      }
    >
      <Answer of={answer}>{(overview) => <Whole of={overview} />}</Answer>
    </Page>
  );
}

const Whole = ({ of: overview }: { readonly of: Overview }) => (
  <>
    <Worst of={overview} />
    {overview.broken.length > 1 && <OtherProblems of={overview.broken.slice(1)} />}
    {overview.broken.length === 0 && overview.blind !== null && (
      <Note tone="unknown">
        <p>Unknown: {overview.blind}. What is not shown may still be wrong.</p>
      </Note>
    )}
    <div className="columns">
      <Hurt of={overview.hurt} blind={overview.blind} />
      <Section title="What changed" about="in the last day">
        <Changed of={overview.changed} />
      </Section>
    </div>
    <div className="columns">
      <Section title="What is safe to do">
        <Safe of={overview.safe} />
      </Section>
      <Section title="What is normal">
        <Normal of={overview.normal} />
      </Section>
    </div>
  </>
);
