import { Note } from "./status.tsx";

/** What of a page is not the chosen tenant's alone: numbers of all must not be taken for those of one. */
export const NotByTenant = ({ tenant, why }: { readonly tenant: string; readonly why: string }) => (
  <Note tone="calm">
    <p>
      Not only <span className="mono">{tenant}</span>: {why}
    </p>
  </Note>
);
