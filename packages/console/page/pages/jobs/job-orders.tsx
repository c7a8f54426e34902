import { useState } from "react";
import type { RedriveJob } from "../../api/answers.ts";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/field.tsx";
import { count } from "../../parts/say-number.ts";
import { actorMayAct, useActor } from "../../session/use-session.tsx";
import { failedOf, jobStates, sayJob } from "./job-words.ts";

type Order = "pause" | "resume" | "continue" | "cancel";

interface OrderWords {
  readonly verb: string;
  readonly from: readonly RedriveJob["state"][];
  readonly reach: (job: RedriveJob) => string;
}

const orders: Readonly<Record<Order, OrderWords>> = {
  pause: {
    verb: "Pause",
    from: ["running"],
    reach: ({ total, next }) => `${count(total - next)} are not asked for yet, and wait. What was asked for is answered.`,
  },
  resume: { verb: "Resume", from: ["paused"], reach: ({ total, next }) => `The other ${count(total - next)} are asked for.` },
  continue: {
    verb: "Go on all the same",
    from: ["stopped"],
    reach: (job) => `The other ${count(job.total - job.next)} are asked for, though ${count(failedOf(job))} failed again.`,
  },
  cancel: {
    verb: "Cancel",
    from: ["running", "paused", "stopped"],
    reach: ({ total, next }) => `${count(total - next)} are not asked for, and stay as they are. What was asked for is answered.`,
  },
};

/** What can be done with a job; what cannot now says why. */
export function JobOrders({ job }: { readonly job: RedriveJob }) {
  const [order, setOrder] = useState<Order | null>(null);
  const actor = useActor();
  const may = job.consumers.map(({ service }) => actorMayAct(actor, service)).find((why) => why !== null) ?? null;
  return (
    <>
      {(Object.keys(orders) as Order[]).map((one) => {
        const { verb, from } = orders[one];
        const whyNot = from.includes(job.state) ? null : `It is ${jobStates[job.state].word.toLowerCase()}.`;
        // Of what cannot be done now, only what makes sense later is worth its place.
        if (whyNot !== null && (one === "resume" || one === "continue" || job.endedAtMs !== null)) return null;
        return (
          <Button
            key={one}
            {...(one === "cancel" && { kind: "harm" as const })}
            onPress={() => setOrder(one)}
            whyNot={may ?? whyNot}
          >
            {verb}
          </Button>
        );
      })}
      {order !== null && <Ask job={job} order={order} onClose={() => setOrder(null)} />}
    </>
  );
}

interface AskProps {
  readonly job: RedriveJob;
  readonly order: Order;
  readonly onClose: () => void;
}

function Ask({ job, order, onClose }: AskProps) {
  const [reason, setReason] = useState("");
  const { verb, reach } = orders[order];
  return (
    <ActionDialog
      title={`${verb}?`}
      reach={<p>{reach(job)}</p>}
      confirm={verb}
      isHarm={order === "cancel"}
      act={async () => {
        const body = reason.trim() === "" ? {} : { reason: reason.trim() };
        return <p>{sayJob(await send("POST", `/jobs/{id}/${order}`, { path: { id: job.id }, body }))}</p>;
      }}
      onClose={onClose}
    >
      <TextField label="Why (may stay empty)" value={reason} onChange={setReason} />
    </ActionDialog>
  );
}
