import { Time } from "../../parts/time.tsx";
import { CommandButtons } from "./command-buttons.tsx";
import { type Control, endOf } from "./controls.ts";
import { useAsking } from "./use-asking.tsx";

/** What people asked of a service and still holds, each with what ends it. */
export function StandingControls({ service, of }: { readonly service: string; readonly of: readonly Control[] }) {
  const { ask, dialog } = useAsking(service);
  return (
    <>
      {of.length === 0 ? (
        <p className="card">Nobody has paused, limited or held anything here.</p>
      ) : (
        <ul className="card pairs">
          {of.map((control) => (
            <li key={control.id}>
              <span>
                {control.sentence}{" "}
                <span className="soft">
                  (since <Time at={control.atMs} />)
                </span>
              </span>
              <span className="row">
                <CommandButtons service={service} asks={[endOf(control)]} onAsk={ask} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {dialog}
    </>
  );
}
