import type { CommandReach } from "../../api/answers.ts";
import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";

/** What a command would touch, before anybody asks for it. */
export const Reach = ({ of: { sentence, handlers, instances, warnings, refused } }: { readonly of: CommandReach }) => (
  <>
    <p>{sentence}</p>
    <p className="soft">
      {instances.length === 0 ? "No instance runs now." : `Applied by ${instances.join(", ")}.`}{" "}
      {handlers
        .map(
          ({ name, behind, parked, dead }) =>
            `${name}: ${behind === null ? "unknown" : count(behind)} behind, ${count(parked)} parked, ${count(dead)} failed`,
        )
        .join("; ")}
    </p>
    {handlers
      .filter(({ state, problem }) => state === "stopped" && problem !== null)
      .map(({ name, problem }) => (
        <Note key={name} tone="warn">
          <p>{`${name} has stopped: ${problem}`}</p>
        </Note>
      ))}
    {warnings.map((warning) => (
      <Note key={warning} tone="warn">
        <p>{warning}</p>
      </Note>
    ))}
    {refused.map((why) => (
      <Note key={why} tone="bad">
        <p>{why}</p>
      </Note>
    ))}
  </>
);
