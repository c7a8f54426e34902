import { useState } from "react";
import type { AnswerOf } from "../../api/answers.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Section } from "../../parts/page.tsx";
import { Ago, Time } from "../../parts/time.tsx";

type Entry = AnswerOf<"/sessions">["items"][number];

/** Browsers that are logged in. */
export function Sessions() {
  const answer = useApi("/sessions", { everyMs: 15_000 });
  const [ending, setEnding] = useState<Entry | null>(null);
  return (
    <Section title="Sessions" about="browsers that are logged in">
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable
              label="Sessions"
              columns={columnsWith(setEnding)}
              rows={items}
              rowId={({ id }) => id}
              sortName="sessions"
            />
          ) : (
            <Empty title="No session is open" command="throughline console --host 0.0.0.0">
              On this machine nobody has to log in. To let others in, the console must know who they are:
            </Empty>
          )
        }
      </Answer>
      {ending !== null && (
        <ActionDialog
          title={`End the session of ${ending.user}`}
          reach={
            <p>
              The browser at {ending.address} is logged out at once{ending.isThis && ": it is this one"}.
            </p>
          }
          confirm="End it"
          isHarm
          act={async () => {
            await send("DELETE", "/sessions/{id}", { path: { id: ending.id } });
            return <p>It has ended.</p>;
          }}
          onClose={() => setEnding(null)}
        />
      )}
    </Section>
  );
}

const columnsWith = (end: (session: Entry) => void): readonly TableColumn<Entry>[] => [
  {
    id: "user",
    title: "Who",
    cell: ({ user, isThis }) => (
      <strong>
        {user}
        {isThis && " (this browser)"}
      </strong>
    ),
  },
  { id: "from", title: "From", cell: ({ address, agent }) => <span className="clip">{`${address}, ${agent}`}</span> },
  { id: "began", title: "Began", cell: ({ createdAtMs }) => <Time at={createdAtMs} /> },
  { id: "seen", title: "Last seen", cell: ({ seenAtMs }) => <Ago at={seenAtMs} /> },
  {
    id: "act",
    title: "Act",
    cell: (session) => (
      <Button onPress={() => end(session)} label={`End it: the session of ${session.user}`}>
        End it
      </Button>
    ),
  },
];
