import { useState } from "react";
import type { Replay } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Answer } from "../../parts/answer.tsx";
import { Button } from "../../parts/button.tsx";
import { useZone } from "../../parts/clock.tsx";
import { Facts, Figures } from "../../parts/facts.tsx";
import { TextField } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { count } from "../../parts/say-number.ts";
import { dayAndTime, duration } from "../../parts/say-time.ts";
import { Note, Status } from "../../parts/status.tsx";
import { BothTimes } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { useWhyNotAct } from "../../session/use-session.tsx";
import { replayStates, sayRange } from "./replay-words.ts";

type Order = "pause" | "resume" | "cancel";

const orders: Readonly<
  Record<Order, { readonly from: readonly Replay["state"][]; readonly verb: string; readonly reach: string }>
> = {
  pause: {
    from: ["asked", "running"],
    verb: "Pause",
    reach: "It stops after what it has begun, keeps its place, and goes on when it is resumed.",
  },
  resume: { from: ["paused"], verb: "Resume", reach: "It goes on from its place, at its rate." },
  cancel: {
    from: ["asked", "running", "paused"],
    verb: "Cancel",
    reach: "It ends here for good. What was handled stays handled; the live handler goes on as it is.",
  },
};

/** One replay: how far, how long still, and what can be done. */
export function ReplayPage({ parts }: { readonly parts: PathParts }) {
  const id = parts["id"]!;
  const answer = useApi("/replays/{id}", { path: { id }, everyMs: 1_000 });
  const [order, setOrder] = useState<Order | null>(null);
  const replay = answer.data;
  const mayNot = useWhyNotAct(replay?.service ?? null);
  return (
    <Page
      byTenant="a replay runs through the history of all tenants."
      title={
        replay === undefined
          ? "Replay"
          : `${replay.kind === "rebuild" ? "Rebuild" : "Rerun"} of ${replay.service}/${replay.handler}`
      }
      above={
        <>
          <Link to={paths.replays()}>Replays</Link> / <span className="mono">{id}</span>
        </>
      }
      actions={replay && <Status tone={replayStates[replay.state].tone}>{replayStates[replay.state].word}</Status>}
    >
      <Answer of={answer}>{(one) => <Whole of={one} />}</Answer>
      {replay && (
        <div className="row">
          {(Object.keys(orders) as Order[]).map((one) => (
            <Button
              key={one}
              {...(one === "cancel" && { kind: "harm" as const })}
              onPress={() => setOrder(one)}
              whyNot={
                mayNot ??
                (orders[one].from.includes(replay.state) ? null : `It is ${replayStates[replay.state].word.toLowerCase()}.`)
              }
            >
              {orders[one].verb}
            </Button>
          ))}
        </div>
      )}
      {order !== null && replay && <Ask id={id} order={order} replay={replay} onClose={() => setOrder(null)} />}
    </Page>
  );
}

interface AskProps {
  readonly id: string;
  readonly order: Order;
  readonly replay: Replay;
  readonly onClose: () => void;
}

function Ask({ id, order, replay, onClose }: AskProps) {
  const [reason, setReason] = useState("");
  const { verb, reach } = orders[order];
  return (
    <ActionDialog
      title={`${verb} this replay`}
      reach={
        <p>
          {reach} It has done {count(replay.done)} of {replay.total === null ? "an unknown number of" : count(replay.total)}{" "}
          records.
        </p>
      }
      confirm={verb}
      isHarm={order === "cancel"}
      act={async () => {
        const body = reason.trim() === "" ? {} : { reason: reason.trim() };
        const { sentence } = await send("POST", `/replays/{id}/${order}`, { path: { id }, body });
        return <p>{sentence}</p>;
      }}
      onClose={onClose}
    >
      <TextField label="Why (may stay empty)" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}

function Whole({ of: replay }: { readonly of: Replay }) {
  const { zone } = useZone();
  const { done, total, remainingMs, range } = replay;
  return (
    <>
      <div className={`lead tone-${replayStates[replay.state].tone}`}>
        <p className="sentence" role="status">
          {replay.sentence}
        </p>
        <progress max={total ?? 1} value={total === null ? 0 : done} aria-label="How far it is" />
        {replay.problem !== null && (
          <Note tone="bad">
            <p>{replay.problem}</p>
          </Note>
        )}
      </div>
      <Figures
        of={[
          ["Done", count(done)],
          ["Of", total === null ? "unknown" : count(total)],
          ["Left", remainingMs === null ? "unknown" : duration(remainingMs)],
          ["At most", replay.ratePerSecond === null ? "as fast as it goes" : `${count(replay.ratePerSecond)}/s`],
          ["Epoch", replay.epoch ?? "not yet"],
        ]}
      />
      <Section title="What was asked for">
        <div className="card">
          <Facts
            of={[
              ["Range", range === null ? null : sayRange(range, (at) => dayAndTime(at, zone))],
              [
                "Publishes",
                replay.publish === null ? null : replay.publish ? "again" : "nothing: what it would publish was published before",
              ],
              ["By", replay.by],
              ["Why", replay.reason],
              ["Asked", replay.askedAtMs === null ? null : <BothTimes key="asked" at={replay.askedAtMs} />],
            ]}
          />
        </div>
      </Section>
    </>
  );
}
