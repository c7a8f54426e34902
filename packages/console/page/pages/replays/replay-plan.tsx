import { useRef, useState } from "react";
import type { PostRoutes } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Button } from "../../parts/button.tsx";
import { Figures } from "../../parts/facts.tsx";
import { TextField } from "../../parts/field.tsx";
import { count, counted } from "../../parts/say-number.ts";
import { duration } from "../../parts/say-time.ts";
import { Note } from "../../parts/status.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { newId } from "../../parts/new-id.ts";
import { useWhyNotAct } from "../../session/use-session.tsx";
import type { ReplayTerms } from "./new-replay-page.tsx";

type Plan = PostRoutes["/replays/plan"]["answer"];

interface ReplayPlanProps {
  readonly plan: Plan;
  readonly terms: ReplayTerms;
}

/** What a replay would read and hand over, and why it may be refused. */
export function ReplayPlan({ plan, terms }: ReplayPlanProps) {
  const [isOpen, setOpen] = useState(false);
  const may = useWhyNotAct(plan.service);
  const whyNot = may ?? (plan.refused.length > 0 ? "It would be refused." : null);
  const handed = Object.entries(plan.handed ?? {});
  const total = handed.reduce((sum, [, events]) => sum + events, 0);
  return (
    <div className="stack">
      <Figures
        of={[
          ["Records to read", count(plan.records)],
          [
            "Events to hand over",
            plan.handed === null ? "not counted" : `${plan.counted?.isWhole === false ? "≥ " : ""}${count(total)}`,
          ],
          ["It lasts", plan.lastsMs === null ? "unknown" : duration(plan.lastsMs)],
          ["Service", plan.isRunning ? "runs" : "does not run"],
        ]}
      />
      {handed.length > 0 && (
        <ul className="card">
          {handed.map(([type, events]) => (
            <li key={type}>
              <span className="mono">{type}</span>: {count(events)}
            </li>
          ))}
        </ul>
      )}
      {plan.gone.map(({ topic, partition, records }) => (
        <Note key={`${topic}/${partition}`} tone="warn">
          <p>
            {counted(records, "record")} of {topic}/{partition} in this range {records === 1 ? "is" : "are"} gone from the log.
          </p>
        </Note>
      ))}
      {plan.refused.map((sentence) => (
        <Note key={sentence} tone="bad">
          <p>{sentence}</p>
        </Note>
      ))}
      {plan.notes.map((sentence) => (
        <Note key={sentence} tone="calm">
          <p>{sentence}</p>
        </Note>
      ))}
      <div className="row">
        <Button kind="main-action" onPress={() => setOpen(true)} whyNot={whyNot}>
          Start it
        </Button>
      </div>
      {isOpen && <Start plan={plan} terms={terms} onClose={() => setOpen(false)} />}
    </div>
  );
}

function Start({ plan, terms, onClose }: ReplayPlanProps & { readonly onClose: () => void }) {
  const [reason, setReason] = useState("");
  // Asked for twice, it runs once.
  const id = useRef(newId());
  return (
    <ActionDialog
      title={`Start the ${plan.kind} of ${plan.service}/${plan.handler}`}
      reach={<p>It reads {counted(plan.records, "record")}. It can be paused and cancelled while it runs.</p>}
      confirm="Start"
      whyNot={reason.trim() === "" ? "Say why: it stays in the audit." : null}
      act={async () => {
        const replay = await send("POST", "/replays", { body: { ...terms, reason: reason.trim(), id: id.current } });
        return (
          <p>
            {replay.sentence} <Link to={paths.replay(replay.id)}>See how it goes</Link>
          </p>
        );
      }}
      onClose={onClose}
    >
      <TextField label="Why" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}
