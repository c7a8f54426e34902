import { useApi } from "../../api/use-api.ts";
import { useLive } from "../../api/use-live.ts";
import { Answer } from "../../parts/answer.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { Note, Status } from "../../parts/status.tsx";
import { useTenant } from "../../router/location.ts";
import type { Overview } from "../../api/answers.ts";
import { Changed } from "./changed.tsx";
import { Hurt } from "./hurt.tsx";
import { Normal } from "./normal.tsx";
import { OtherProblems } from "./other-problems.tsx";
import { Safe } from "./safe.tsx";
import { Worst } from "./worst.tsx";

/** What on call asks first, in the order in which it is asked. */
export function OverviewPage() {
  const tenantId = useTenant();
  const query = tenantId === undefined ? {} : { tenantId };
  const answer = useApi("/overview", { query, everyMs: 30_000 });
  const live = useLive("/overview/live", "overview", "/overview", { query }, answer.data !== undefined);
  return (
    <Page
      byTenant="what changed, what is normal and services behind are of all tenants; problems of no single tenant are left out."
      title="Overview"
      actions={
        <>
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

function Whole({ of: overview }: { readonly of: Overview }) {
  // What is only to know leads nothing: a page that begins with it looks as if something was broken.
  const worst = overview.broken.find(({ severity }) => severity !== "notice") ?? null;
  const others = overview.broken.filter((problem) => problem !== worst);
  return (
    <>
      <Worst of={overview} worst={worst} />
      {others.length > 0 && <OtherProblems of={others} />}
      {overview.broken.length === 0 && overview.blind !== null && <Blind why={overview.blind} />}
      <div className="columns">
        <Hurt of={overview.hurt} blind={overview.blind} />
        <Section title="What changed" about="in the last day">
          <Changed of={overview.changed} blind={overview.blind} />
        </Section>
      </div>
      <div className="columns">
        <Section title="What is safe to do">
          <Safe of={overview} />
        </Section>
        <Section title="What is normal">
          <Normal of={overview.normal} />
        </Section>
      </div>
    </>
  );
}

/** Why nothing can be told; a log on which nothing stands yet is most people's first. */
function Blind({ why }: { readonly why: string }) {
  const { data } = useApi("/index");
  return data?.partitions === 0 ? (
    <Empty title="Nothing stands in this log yet" command="throughline dev">
      What is broken, who is hurt and what changed stands here once services run on it. In a clone of the repository{" "}
      <span className="mono">npm run demo</span> starts a shop of twelve; your own start with:
    </Empty>
  ) : (
    <Note tone="unknown">
      <p>Unknown: {why}. What is not shown may still be wrong.</p>
    </Note>
  );
}
