import { useState } from "react";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { GrantFields } from "./grant-fields.tsx";
import { grantsOf, type Role, sayGrants } from "./say-grants.ts";

const dayMs = 86_400_000;
const lengths = { "1": "1 day", "30": "30 days", "90": "90 days", "365": "1 year" } as const;
type Length = keyof typeof lengths;

/** Makes a token; its secret is seen this once. */
export function AddToken({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [services, setServices] = useState("");
  const [length, setLength] = useState<Length>("90");
  const grants = grantsOf(role, services);
  return (
    <ActionDialog
      title="Make a token"
      reach={<p>Whoever has it would be {sayGrants(grants)}, until it ends.</p>}
      confirm="Make it"
      whyNot={name.trim() === "" ? "Say what it is for." : null}
      act={async () => {
        const expiresAtMs = Date.now() + Number(length) * dayMs;
        const { token, secret } = await send("POST", "/tokens", { body: { name: name.trim(), grants, expiresAtMs } });
        return (
          <>
            <p>This is the secret of {token.name}. It is shown this once: keep it where secrets are kept.</p>
            <pre className="code" tabIndex={0}>
              {secret}
            </pre>
          </>
        );
      }}
      onClose={onClose}
    >
      <TextField label="What it is for" value={name} onChange={setName} placeholder="deploy script of billing" />
      <GrantFields role={role} setRole={setRole} services={services} setServices={setServices} />
      <Choice label="Ends after" value={length} choices={lengths} onChange={setLength} />
    </ActionDialog>
  );
}
