import { useState } from "react";
import { send } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { ActionDialog } from "../../parts/action-dialog.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { counted } from "../../parts/say-number.ts";
import { Time } from "../../parts/time.tsx";

const lengths = { "30": "30 minutes", "60": "1 hour", "240": "4 hours", "1440": "1 day" } as const;
type Length = keyof typeof lengths;

const matches = (pattern: string, group: string): boolean =>
  pattern.endsWith("*") ? group.startsWith(pattern.slice(0, -1)) : group === pattern;

/** A silence of a group, or of all whose names begin so. */
export function MakeSilence({ groups: given, onClose }: { readonly groups: string; readonly onClose: () => void }) {
  const [groups, setGroups] = useState(given);
  const [reason, setReason] = useState("");
  const [length, setLength] = useState<Length>("60");
  const known = useApi("/lag").data?.groups ?? [];
  const hit = known.filter(({ group }) => matches(groups.trim(), group));
  return (
    <ActionDialog
      title="Silence groups"
      reach={
        <p className="soft">
          {groups.trim() === ""
            ? "Name a group, or the beginning of names and *."
            : `It silences ${counted(hit.length, "group")} of ${known.length} that are on the log now${hit.length === 0 ? "" : `: ${hit.map(({ group }) => group).join(", ")}`}. They go on as they are; only nobody is told.`}
        </p>
      }
      confirm="Silence"
      whyNot={groups.trim() === "" ? "Name the groups." : reason.trim() === "" ? "Say why: the others will ask." : null}
      act={async () => {
        const untilMs = Date.now() + Number(length) * 60_000;
        const made = await send("POST", "/silences", { body: { groups: groups.trim(), untilMs, reason: reason.trim() } });
        return (
          <p>
            {made.groups} is silent until <Time at={made.untilMs} />. What is still wrong then is told.
          </p>
        );
      }}
      onClose={onClose}
    >
      <TextField label="Groups" value={groups} onChange={setGroups} placeholder="billing or analytics*" />
      <Choice label="For" value={length} choices={lengths} onChange={setLength} />
      <TextField label="Why" value={reason} onChange={setReason} placeholder="moving its database" />
    </ActionDialog>
  );
}
