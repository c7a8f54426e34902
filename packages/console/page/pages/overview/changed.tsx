import type { Overview } from "../../api/answers.ts";
import { Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";

/** Deploys, contracts, and what people asked for: the first suspects. */
export const Changed = ({ of, blind }: { readonly of: Overview["changed"]; readonly blind: string | null }) =>
  of.length === 0 ? (
    <p className="card">
      {blind === null ? "Nothing was deployed, and no contract changed, in the last day." : `Unknown: ${blind}.`}
    </p>
  ) : (
    <ol className="card pairs">
      {of.map(({ atMs, kind, service, sentence }) => (
        <li key={`${atMs} ${kind} ${sentence}`}>
          <Link to={paths.service(service)}>{sentence}</Link>
          <Time at={atMs} />
        </li>
      ))}
    </ol>
  );
