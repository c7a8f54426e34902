import { useState } from "react";
import type { Incident } from "../../api/api-types.ts";
import { send } from "../../api/client.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/field.tsx";
import { useWhyNotAct } from "../../session/use-session.tsx";
import { sayIncident } from "./say-lag.ts";

/** "Mine": says who takes an incident, so that nobody else is woken for it. */
export function Acknowledge({ incident }: { readonly incident: Incident }) {
  const [isOpen, setOpen] = useState(false);
  const may = useWhyNotAct(incident.group);
  const whyNot =
    incident.endedAtMs !== null
      ? "It has ended."
      : incident.acknowledgement !== null
        ? `${incident.acknowledgement.by} has taken it.`
        : null;
  return (
    <>
      <Button
        onPress={() => setOpen(true)}
        whyNot={may ?? whyNot}
        label={`Mine: the incident of ${incident.group}`}
        about="Say that you look after it, so that nobody else is woken"
      >
        Mine
      </Button>
      {isOpen && <Take incident={incident} onClose={() => setOpen(false)} />}
    </>
  );
}

function Take({ incident, onClose }: { readonly incident: Incident; readonly onClose: () => void }) {
  const [note, setNote] = useState("");
  const told =
    incident.toldChannels.length === 0 ? "Nobody was told of it yet." : `Told of it: ${incident.toldChannels.join(", ")}.`;
  return (
    <ActionDialog
      title={`Take the incident of ${incident.group}`}
      reach={
        <>
          <p>{sayIncident(incident)}.</p>
          <p className="soft">{told} Nobody else is told as it goes on; its end is told. Nothing changes for the service.</p>
        </>
      }
      confirm="It is mine"
      act={async () => {
        const { acknowledgement } = await send("POST", "/incidents/{id}/acknowledge", {
          path: { id: incident.id },
          body: note === "" ? {} : { note },
        });
        return <p>{acknowledgement?.by} has it now. It stands in the audit.</p>;
      }}
      onClose={onClose}
    >
      <TextField label="What the others should know (may stay empty)" value={note} onChange={setNote} />
    </ActionDialog>
  );
}
