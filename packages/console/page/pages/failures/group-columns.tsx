import type { FailureGroup } from "../../api/api-types.ts";
import { useNow } from "../../parts/clock.tsx";
import type { TableColumn } from "../../parts/data-table.tsx";
import { count } from "../../parts/say-number.ts";
import { Sparkline } from "../../parts/sparkline.tsx";
import { Ago } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { causeOf, openOf } from "./say-failure.ts";
import { hourly, sayTrend } from "./say-trend.ts";

export const groupColumns: readonly TableColumn<FailureGroup>[] = [
  {
    id: "cause",
    title: "Cause",
    cell: (group) => (
      <Link className="opens clip" to={paths.failureGroup(group.fingerprint)}>
        {causeOf(group)}
      </Link>
    ),
    sort: causeOf,
  },
  {
    id: "where",
    title: "Handler",
    cell: ({ service, handler, owner }) => (
      <>
        <span className="mono">
          {service}/{handler}
        </span>
        <div className="soft">{owner ?? "no owner told"}</div>
      </>
    ),
    sort: ({ service, handler }) => `${service}/${handler}`,
  },
  { id: "open", title: "Open", isNumber: true, cell: (group) => count(openOf(group)), sort: openOf },
  { id: "all", title: "In all", isNumber: true, cell: (group) => count(group.count), sort: (group) => group.count },
  { id: "trend", title: "24 hours", cell: (group) => <Trend of={group} /> },
  { id: "last", title: "Last", cell: ({ lastMs }) => <Ago at={lastMs} />, sort: ({ lastMs }) => lastMs },
  {
    id: "since",
    title: "Since version",
    cell: ({ since, versions }) => (
      <>
        <span className="mono">{since?.version ?? versions[0]?.version ?? "—"}</span>
        {since !== null && (
          <div className="soft">
            deployed <Ago at={since.deployedAtMs} />
          </div>
        )}
      </>
    ),
  },
];

interface TrendProps {
  readonly of: Pick<FailureGroup, "trend" | "runsNow">;
  readonly isWide?: boolean;
}

export const Trend = ({ of: { trend, runsNow }, isWide = false }: TrendProps) => {
  const now = useNow();
  const said = sayTrend({ trend, runsNow }, now);
  return (
    <span className="soft">
      <Sparkline values={hourly(trend, now)} label={`Failures by the hour, last 24 hours: ${said}`} isWide={isWide} />
      {said}
    </span>
  );
};
