import { useState } from "react";
import type { Silence } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { useNow } from "../../parts/clock.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { useWhyNotAct, useWhyNotActAnywhere } from "../../session/use-session.tsx";
import { MakeSilence } from "./make-silence.tsx";

/** Times in which nobody is told. */
export function Silences() {
  const answer = useApi("/silences");
  const may = useWhyNotActAnywhere();
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<Silence | null>(null);
  return (
    <Section
      title="Silences"
      about="nobody is told of incidents meanwhile"
      actions={
        <Button onPress={() => setMaking(true)} whyNot={may}>
          Silence groups
        </Button>
      }
    >
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable
              label="Silences"
              columns={columnsWith(setEnding)}
              rows={items}
              rowId={({ id }) => id}
              sortName="silences"
            />
          ) : (
            <Empty title="Nothing is silenced">
              Before planned work, silence the groups it stops: what is still wrong at its end is told then.
            </Empty>
          )
        }
      </Answer>
      {isMaking && <MakeSilence groups="" onClose={() => setMaking(false)} />}
      {ending !== null && <End silence={ending} onClose={() => setEnding(null)} />}
    </Section>
  );
}

const End = ({ silence, onClose }: { readonly silence: Silence; readonly onClose: () => void }) => (
  <ActionDialog
    title={`End the silence of ${silence.groups}`}
    reach={
      <p>
        {silence.by} made it: {silence.reason}. What is wrong now is told at once.
      </p>
    }
    confirm="End it now"
    act={async () => {
      await send("DELETE", "/silences/{id}", { path: { id: silence.id } });
      return <p>It has ended. What happens to {silence.groups} is told again.</p>;
    }}
    onClose={onClose}
  />
);

function EndIt({ of: silence, end }: { readonly of: Silence; readonly end: (silence: Silence) => void }) {
  // Of a beginning of names nobody knows which services it means.
  const may = useWhyNotAct(silence.groups.includes("*") ? null : silence.groups);
  return (
    <Button onPress={() => end(silence)} whyNot={may} label={`End the silence of ${silence.groups}`}>
      End it
    </Button>
  );
}

const columnsWith = (end: (silence: Silence) => void): readonly TableColumn<Silence>[] => [
  { id: "groups", title: "Groups", cell: ({ groups }) => <strong className="mono">{groups}</strong> },
  { id: "state", title: "State", cell: (silence) => <SilenceState of={silence} /> },
  { id: "until", title: "Until", cell: ({ untilMs }) => <Time at={untilMs} />, sort: ({ untilMs }) => untilMs },
  { id: "why", title: "Why", cell: ({ reason, by }) => `${reason} (${by})` },
  {
    id: "act",
    title: "Act",
    cell: (silence) => <EndIt of={silence} end={end} />,
  },
];

function SilenceState({ of: { fromMs } }: { readonly of: Silence }) {
  const now = useNow();
  return fromMs > now ? <Status tone="calm">To come</Status> : <Status tone="warn">Silent</Status>;
}
