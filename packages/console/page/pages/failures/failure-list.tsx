import { useState } from "react";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Choice, TextField } from "../../parts/field.tsx";
import { useSearch, useTenant } from "../../router/location.ts";
import { Pager } from "../../parts/pager.tsx";
import { useOwnService } from "../../session/use-session.tsx";
import { ChosenActions } from "../redrive/chosen-actions.tsx";
import { failureColumns } from "./failure-columns.tsx";

const states = { "": "Any", open: "Open", asked: "Asked", answered: "Answered" } as const;
type State = keyof typeof states;

const fields = [
  ["service", "Service"],
  ["type", "Type"],
  ["subject", "Subject"],
  ["text", "Error says"],
] as const;

/** Failures one by one, of one group or by what they are. */
export function FailureList({ group, service = null }: { readonly group?: string; readonly service?: string | null }) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const [search, change] = useSearch();
  const state = (search.get("state") ?? "") as State;
  const cursor = search.get("cursor") ?? undefined;
  const own = useOwnService();
  const shown = (name: string): string => search.get(name) ?? (name === "service" ? own : "");
  const filters = Object.fromEntries(fields.map(([name]) => [name, shown(name) || undefined]));
  const tenantId = useTenant();
  const answer = useApi("/failures", { query: { ...filters, tenantId, state: state || undefined, group, cursor } });
  return (
    <>
      <div className="filters">
        {fields
          .filter(([name]) => group === undefined || name !== "service")
          .map(([name, label]) => (
            <TextField
              key={name}
              label={label}
              value={shown(name)}
              onChange={(text) => change({ [name]: text, cursor: undefined })}
            />
          ))}
        <Choice
          label="State"
          value={state in states ? state : ""}
          choices={states}
          onChange={(text) => change({ state: text, cursor: undefined })}
        />
      </div>
      <Answer of={answer}>
        {({ items, next }) =>
          items.length > 0 ? (
            <>
              <ChosenActions chosen={chosen} service={service} />
              <DataTable
                label="Failures"
                columns={failureColumns}
                rows={items}
                rowId={({ failureId }) => failureId}
                selection={{ chosen, choose }}
              />
              <Pager next={next} />
            </>
          ) : (
            <Empty title="No failure is so">Take a filter away to see more. Failures stand here newest first.</Empty>
          )
        }
      </Answer>
    </>
  );
}
