import { useState } from "react";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { PasswordField, TextField } from "../../parts/field.tsx";
import { GrantFields } from "./grant-fields.tsx";
import { grantsOf, type Role, sayGrants } from "./say-grants.ts";

export function AddUser({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [services, setServices] = useState("");
  const grants = grantsOf(role, services);
  return (
    <ActionDialog
      title="Add a user"
      reach={<p>It would be {sayGrants(grants)}.</p>}
      confirm="Add"
      whyNot={name.trim() === "" ? "Give it a name." : password === "" ? "Give it a password." : null}
      act={async () => {
        const user = await send("POST", "/users", { body: { name: name.trim(), password, grants } });
        return (
          <p>
            {user.name} can log in: {sayGrants(user.grants)}.
          </p>
        );
      }}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} />
      <PasswordField label="Password" value={password} onChange={setPassword} auto="new-password" />
      <GrantFields role={role} setRole={setRole} services={services} setServices={setServices} />
    </ActionDialog>
  );
}
