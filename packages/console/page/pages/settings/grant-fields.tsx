import { Choice, TextField } from "../../parts/field.tsx";
import { type Role, roles } from "./say-grants.ts";

interface GrantFieldsProps {
  readonly role: Role;
  readonly setRole: (role: Role) => void;
  readonly services: string;
  readonly setServices: (services: string) => void;
}

export const GrantFields = ({ role, setRole, services, setServices }: GrantFieldsProps) => (
  <>
    <Choice label="Role" value={role} choices={roles} onChange={setRole} />
    {role !== "admin" && (
      <TextField
        label="Only on these services (empty: on all)"
        value={services}
        onChange={setServices}
        placeholder="billing, payments"
      />
    )}
  </>
);
