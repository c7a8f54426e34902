import type { Overview } from "../../api/answers.ts";
import { Section } from "../../parts/page.tsx";
import { count, counted } from "../../parts/say-number.ts";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";

interface HurtProps {
  readonly of: Overview["hurt"];
  readonly blind: string | null;
}

/** Tenants and services that something does not reach. */
export function Hurt({ of: { tenants, services, unanswered }, blind }: HurtProps) {
  const hurt = services.filter((service) => service.unanswered > 0 || (service.behind ?? 0) > 0);
  return (
    <Section title="Who is hurt" about={unanswered === 0 ? undefined : `${counted(unanswered, "event")} not handled`}>
      <div className="card stack">
        {tenants.length === 0 && hurt.length === 0 && (
          <p>{blind === null ? "Nobody: every event that came was handled, or is on its way." : `Unknown: ${blind}.`}</p>
        )}
        {tenants.length > 0 && (
          <ul className="pairs" aria-label="Tenants">
            {tenants.map(({ tenantId, unanswered: events }) => (
              <li key={tenantId}>
                <Link to={paths.failures({ view: "list", state: "open", tenant: tenantId })}>{tenantId}</Link>
                <span className="number">{counted(events, "event")}</span>
              </li>
            ))}
          </ul>
        )}
        {hurt.length > 0 && (
          <ul className="pairs" aria-label="Services">
            {hurt.map(({ service, owner, unanswered: events, behind }) => (
              <li key={service}>
                <span>
                  <Link to={paths.service(service)}>{service}</Link> <span className="soft">{owner ?? "no owner told"}</span>
                </span>
                <span className="number">
                  {[...(events > 0 ? [`${count(events)} failed`] : []), ...(behind ? [`${count(behind)} behind`] : [])].join(
                    ", ",
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  );
}
