import { useState } from "react";
import type { AlertChannel } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Status } from "../../parts/status.tsx";
import { Ago } from "../../parts/time.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";

/** Who is told, and whether it arrives. */
export function Channels() {
  const answer = useApi("/channels", { everyMs: 15_000 });
  const [trying, setTrying] = useState<AlertChannel | null>(null);
  return (
    <Section title="Channels" about="who is told, and whether it arrived, in 90 days">
      <Answer of={answer}>
        {({ items }) =>
          items.length > 0 ? (
            <DataTable
              label="Channels"
              columns={columnsWith(setTrying)}
              rows={items}
              rowId={({ name }) => name}
              sortName="channels"
            />
          ) : (
            <Empty title="Nobody is told" command="throughline console --config control.json">
              Alerts go by webhook, to Slack, by e-mail or to Prometheus once a channel is named in the configuration file:
            </Empty>
          )
        }
      </Answer>
      {trying !== null && (
        <ActionDialog
          title={`Try ${trying.name}`}
          reach={<p>It sends one test, marked as such, to {trying.target ?? trying.name}. Somebody may be woken.</p>}
          confirm="Send a test"
          act={async () => {
            const { ok, sentence, tookMs } = await send("POST", "/channels/{name}/test", { path: { name: trying.name } });
            return (
              <p>
                {ok ? "It was taken" : "It was not taken"} after {duration(tookMs)}: {sentence}
              </p>
            );
          }}
          onClose={() => setTrying(null)}
        />
      )}
    </Section>
  );
}

const columnsWith = (test: (channel: AlertChannel) => void): readonly TableColumn<AlertChannel>[] => [
  {
    id: "name",
    title: "Channel",
    cell: ({ name, kind, target }) => (
      <>
        <strong>{name}</strong>
        <div className="soft">
          {kind}
          {target !== null && ` to ${target}`}
        </div>
      </>
    ),
  },
  { id: "state", title: "State", cell: ({ counts, last }) => <ChannelState counts={counts} last={last} /> },
  { id: "sent", title: "Delivered", isNumber: true, cell: ({ counts }) => count(counts.delivered) },
  { id: "waiting", title: "Waiting", isNumber: true, cell: ({ counts }) => count(counts.waiting) },
  { id: "lost", title: "Given up", isNumber: true, cell: ({ counts }) => count(counts.givenUp) },
  {
    id: "last",
    title: "Last",
    cell: ({ last }) =>
      last === null ? (
        "never"
      ) : (
        <>
          {last.kind} <Ago at={last.createdAtMs} />
          {last.error !== null && <div className="soft">{last.error}</div>}
        </>
      ),
  },
  {
    id: "act",
    title: "Act",
    cell: (channel) => <TryIt channel={channel} test={test} />,
  },
];

function TryIt({ channel, test }: { readonly channel: AlertChannel; readonly test: (channel: AlertChannel) => void }) {
  const may = useWhyNotAct(null);
  return (
    <Button onPress={() => test(channel)} whyNot={may} label={`Try ${channel.name}`}>
      Try it
    </Button>
  );
}

function ChannelState({ counts, last }: Pick<AlertChannel, "counts" | "last">) {
  if (last === null) return <Status tone="unknown">Never tried</Status>;
  if (last.state === "given up") return <Status tone="bad">Does not arrive</Status>;
  return counts.waiting > 0 ? <Status tone="warn">Waiting</Status> : <Status tone="good">Arrives</Status>;
}
