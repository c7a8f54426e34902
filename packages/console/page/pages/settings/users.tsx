import { useState } from "react";
import type { User } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { AddUser } from "./add-user.tsx";
import { sayGrants } from "./say-grants.ts";

type Asked = { readonly user: User; readonly to: "lock" | "unlock" | "remove" };

const sentences = {
  lock: "cannot log in any more, and is logged out at once. It can be let in again.",
  unlock: "can log in again, with what it may do as it stands here.",
  remove: "is gone, and is logged out at once. What it did stays in the audit.",
} as const;

/** Accounts of this control plane. */
export function Users() {
  const answer = useApi("/users", { everyMs: 15_000 });
  const [asked, ask] = useState<Asked | null>(null);
  const [isAdding, setAdding] = useState(false);
  return (
    <Section
      title="Users"
      about="of this control plane; those of a provider of identities are there"
      actions={<Button onPress={() => setAdding(true)}>Add a user</Button>}
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable label="Users" columns={columnsWith(ask)} rows={items} rowId={({ name }) => name} sortName="users" />
          ) : (
            <Empty title="No user">
              Whoever may look on or act has an account here, or at the provider of identities that the console is given.
            </Empty>
          )
        }
      </Answer>
      {isAdding && <AddUser onClose={() => setAdding(false)} />}
      {asked !== null && (
        <ActionDialog
          title={`${asked.to[0]!.toUpperCase()}${asked.to.slice(1)} ${asked.user.name}`}
          reach={
            <p>
              {asked.user.name} ({sayGrants(asked.user.grants)}) {sentences[asked.to]}
            </p>
          }
          confirm={asked.to === "remove" ? "Remove" : asked.to === "lock" ? "Lock" : "Let in again"}
          isHarm={asked.to !== "unlock"}
          act={async () => {
            const path = { name: asked.user.name };
            if (asked.to === "remove") await send("DELETE", "/users/{name}", { path });
            else await send("PATCH", "/users/{name}", { path, body: { isLocked: asked.to === "lock" } });
            return (
              <p>
                {asked.user.name} {sentences[asked.to]}
              </p>
            );
          }}
          onClose={() => ask(null)}
        />
      )}
    </Section>
  );
}

const columnsWith = (ask: (asked: Asked) => void): readonly TableColumn<User>[] => [
  { id: "name", title: "Name", cell: ({ name }) => <strong>{name}</strong> },
  { id: "may", title: "May", cell: ({ grants }) => sayGrants(grants) },
  {
    id: "state",
    title: "State",
    cell: ({ isLocked }) => (isLocked ? <Status tone="warn">Locked</Status> : <Status tone="good">Active</Status>),
  },
  { id: "last", title: "Last login", cell: ({ loggedInAtMs }) => (loggedInAtMs === null ? "never" : <Ago at={loggedInAtMs} />) },
  {
    id: "act",
    title: "Act",
    cell: (user) => (
      <span className="row">
        <Button
          onPress={() => ask({ user, to: user.isLocked ? "unlock" : "lock" })}
          label={`${user.isLocked ? "Let in" : "Lock"} ${user.name}`}
        >
          {user.isLocked ? "Let in" : "Lock"}
        </Button>
        <Button kind="harm" onPress={() => ask({ user, to: "remove" })} label={`Remove ${user.name}`}>
          Remove
        </Button>
      </span>
    ),
  },
];
