import type { FailureGroup } from "../../api/api-types.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { Facts, Figures } from "../../parts/facts.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { Ago, BothTimes } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useTenant } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { StopForNow } from "../commands/stop-for-now.tsx";
import { LedHere } from "../lag/led-here.tsx";
import { GroupActions } from "../redrive/group-actions.tsx";
import { RehearsedBuilds } from "../redrive/rehearsed-builds.tsx";
import { FailureList } from "./failure-list.tsx";
import { Trend } from "./group-columns.tsx";
import { RunsNow } from "./runs-now.tsx";
import { causeOf, sayReason } from "./say-failure.ts";

/** One cause: what it is, since when, and its failures. */
export function FailureGroupPage({ parts }: { readonly parts: PathParts }) {
  const fingerprint = parts["fingerprint"]!;
  const answer = useApi("/failure-groups/{fingerprint}", { path: { fingerprint }, query: { tenantId: useTenant() } });
  return (
    <Page
      byTenant="counts by version, by hour and in all are of all tenants. What is open, and the list, are its alone."
      title={answer.data === undefined ? "Failures of one cause" : causeOf(answer.data)}
      above={
        <>
          <Link to={paths.failures()}>Failures</Link> / one cause
        </>
      }
      say={answer.data && say(answer.data)}
      actions={answer.data && <GroupActions group={answer.data} />}
    >
      <LedHere />
      <Answer of={answer}>
        {(group) => (
          <>
            <RunsNow of={group.runsNow} />
            <Cause of={group} />
            <StopForNow service={group.service} handler={group.handler} />
          </>
        )}
      </Answer>
      {answer.data && <RehearsedBuilds service={answer.data.service} group={fingerprint} sinceMs={answer.data.firstMs} />}
      <Section title="Its failures" about="newest first">
        <FailureList group={fingerprint} service={answer.data?.service ?? null} />
      </Section>
    </Page>
  );
}

function say({ service, handler, reason, owner, since }: FailureGroup) {
  return (
    <>
      Each {sayReason(reason)} in{" "}
      <Link className="mono" to={paths.service(service)}>
        {service}/{handler}
      </Link>
      , owned by {owner ?? "nobody that it told"}.{" "}
      {since !== null && (
        <>
          {since.firstSeen === null ? "It began with version" : "It is back since version"}{" "}
          <span className="mono">{since.version}</span>, deployed <Ago at={since.deployedAtMs} /> over{" "}
          <span className="mono">{since.before}</span>
          {since.firstSeen !== null && (
            <>
              ; first seen with <span className="mono">{since.firstSeen}</span>
            </>
          )}
          .
        </>
      )}
    </>
  );
}

const Cause = ({ of: group }: { readonly of: FailureGroup }) => (
  <>
    <Figures
      of={[
        ...(group.ofTenant === null
          ? ([
              ["Open", count(group.open)],
              ["Redrive asked", count(group.asked)],
            ] as const)
          : ([["Not answered, of this tenant", count(group.ofTenant)]] as const)),
        ["In all", count(group.count)],
        ["Last", <Ago key="last" at={group.lastMs} />],
        ["First", <Ago key="first" at={group.firstMs} />],
      ]}
    />
    <div className="columns">
      <Section title="Where it fails" about="the service's own frames">
        {group.frames.length === 0 ? (
          <p className="soft">The error has no stack of the service's own code.</p>
        ) : (
          <pre className="code" tabIndex={0}>
            {group.frames.join("\n")}
          </pre>
        )}
      </Section>
      <Section title="When">
        <div className="card stack">
          <Trend of={group} isWide />
          <Facts
            of={[
              ["First", <BothTimes key="first" at={group.firstMs} />],
              ["Last", <BothTimes key="last" at={group.lastMs} />],
              ...group.versions.map(
                ({ version, count: failures, lastMs }) =>
                  [
                    `Version ${version}`,
                    <>
                      {count(failures)}, last <Ago at={lastMs} />
                    </>,
                  ] as const,
              ),
            ]}
          />
        </div>
      </Section>
    </div>
  </>
);
