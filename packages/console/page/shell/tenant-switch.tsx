import { type SubmitEvent, useState } from "react";
import { useApi } from "../api/use-api.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { TextField } from "../parts/field.tsx";
import { Icon } from "../parts/icons.tsx";
import { counted } from "../parts/say-number.ts";
import { useSearch, useTenant } from "../router/location.ts";

/** Whose events and failures are shown; it stays in the address from page to page. */
export function TenantSwitch({ isOpen, setOpen }: { readonly isOpen: boolean; readonly setOpen: (open: boolean) => void }) {
  const tenant = useTenant();
  return (
    <>
      <button
        type="button"
        className="button quiet"
        onClick={() => setOpen(true)}
        aria-label={`Tenant: ${tenant ?? "All tenants"}`}
      >
        <Icon name="tenant" />
        <span className="wide-only tenant-name">{tenant ?? "All tenants"}</span>
      </button>
      {isOpen && <ChooseTenant onClose={() => setOpen(false)} />}
    </>
  );
}

function ChooseTenant({ onClose }: { readonly onClose: () => void }) {
  const [, change] = useSearch();
  const tenant = useTenant();
  const [text, setText] = useState(tenant ?? "");
  const { data } = useApi("/overview", { everyMs: 0 });
  const choose = (name: string | undefined): void => {
    // A page of a list is one of other rows now.
    change({ tenant: name, cursor: undefined });
    onClose();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    choose(text.trim() === "" ? undefined : text.trim());
  };
  return (
    <Dialog title="Only one tenant" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p className="soft">
          Failures, events, flows and what is found are then its alone. What cannot be told by tenant says so where it stands.
        </p>
        <TextField label="Tenant, as events name it" value={text} onChange={setText} />
        {data !== undefined && data.hurt.tenants.length > 0 && (
          <ul className="pairs" aria-label="Tenants with failures">
            {data.hurt.tenants.map(({ tenantId, unanswered }) => (
              <li key={tenantId}>
                <Button kind="quiet" onPress={() => choose(tenantId)}>
                  {tenantId}
                </Button>
                <span className="number">{counted(unanswered, "failed event")}</span>
              </li>
            ))}
          </ul>
        )}
        <footer>
          <Button kind="quiet" onPress={() => choose(undefined)} whyNot={tenant === undefined ? "All are shown." : null}>
            Show all
          </Button>
          <button type="submit" className="button main-action">
            Show it alone
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** That only one tenant is shown, where nobody overlooks it. */
export function TenantBar() {
  const tenant = useTenant();
  const [, change] = useSearch();
  if (tenant === undefined) return null;
  return (
    <div className="tenant-bar" role="status">
      <span>
        Only tenant <strong className="mono">{tenant}</strong>
      </span>
      <Button kind="quiet" onPress={() => change({ tenant: undefined, cursor: undefined })}>
        Show all
      </Button>
    </div>
  );
}
