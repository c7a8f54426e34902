import { useState } from "react";
import type { Token } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Section } from "../../parts/page.tsx";
import { Ago, Time } from "../../parts/time.tsx";
import { AddToken } from "./add-token.tsx";
import { sayGrants } from "./say-grants.ts";

/** Tokens of programs. */
export function Tokens() {
  const answer = useApi("/tokens", { everyMs: 15_000 });
  const [ending, setEnding] = useState<Token | null>(null);
  const [isAdding, setAdding] = useState(false);
  return (
    <Section
      title="Tokens"
      about="of programs that use the API"
      actions={<Button onPress={() => setAdding(true)}>Make a token</Button>}
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable label="Tokens" columns={columnsWith(setEnding)} rows={items} rowId={({ id }) => id} sortName="tokens" />
          ) : (
            <Empty title="No token" command={'curl -H "Authorization: Bearer <token>" <console>/api/v1/failure-groups'}>
              A program, such as a deploy script, asks the API with a token of its own, with no more rights than it needs:
            </Empty>
          )
        }
      </Answer>
      {isAdding && <AddToken onClose={() => setAdding(false)} />}
      {ending !== null && (
        <ActionDialog
          title={`End the token ${ending.name}`}
          reach={<p>Whatever uses it is refused from then on. It cannot be brought back.</p>}
          confirm="End it"
          isHarm
          act={async () => {
            await send("DELETE", "/tokens/{id}", { path: { id: ending.id } });
            return <p>{ending.name} lets nobody in any more.</p>;
          }}
          onClose={() => setEnding(null)}
        />
      )}
    </Section>
  );
}

const columnsWith = (end: (token: Token) => void): readonly TableColumn<Token>[] => [
  { id: "name", title: "Name", cell: ({ name }) => <strong>{name}</strong> },
  { id: "may", title: "May", cell: ({ grants }) => sayGrants(grants) },
  { id: "used", title: "Last used", cell: ({ usedAtMs }) => (usedAtMs === null ? "never" : <Ago at={usedAtMs} />) },
  { id: "ends", title: "Ends", cell: ({ expiresAtMs }) => <Time at={expiresAtMs} /> },
  { id: "by", title: "Made by", cell: ({ createdBy }) => createdBy },
  {
    id: "act",
    title: "Act",
    cell: (token) => (
      <Button kind="harm" onPress={() => end(token)} label={`End the token ${token.name}`}>
        End it
      </Button>
    ),
  },
];
