import { type ReactNode, useEffect } from "react";
import { useTenant } from "../router/location.ts";
import { NotByTenant } from "./not-by-tenant.tsx";

interface PageProps {
  readonly title: string;
  /** Where it hangs: links to the pages above. */
  readonly above?: ReactNode;
  /** What the page says, in a sentence. */
  readonly say?: ReactNode;
  /** True: all of it is the chosen tenant's alone. Else what is not, in a sentence, which stands there while one is chosen. */
  readonly byTenant: true | string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The one shape of every page: where it hangs, its name, what it says, what can be done; then its sections. */
export function Page({ title, above, say, byTenant, actions, children }: PageProps) {
  const tenant = useTenant();
  useEffect(() => {
    document.title = `${title} · Throughline`;
  }, [title]);
  return (
    <div className="page">
      <header>
        <div>
          {above !== undefined && (
            <nav className="crumbs" aria-label="Above">
              {above}
            </nav>
          )}
          <h1>{title}</h1>
          {say !== undefined && <p className="say">{say}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </header>
      {tenant !== undefined && byTenant !== true && <NotByTenant tenant={tenant} why={byTenant} />}
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, about, actions, children }: SectionProps) {
  return (
    <section className="section" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {about !== undefined && <span className="soft">{about}</span>}
        {actions}
      </header>
      {children}
    </section>
  );
}
