import { Fragment } from "react";
import type { FailureGroup } from "../../api/api-types.ts";
import { counted } from "../../parts/say-number.ts";
import { Note, type Tone } from "../../parts/status.tsx";
import { Ago, Time } from "../../parts/time.tsx";

type Judged = FailureGroup["runsNow"];

const tones: Readonly<Record<Judged["state"], Tone>> = { fails: "bad", "not-yet": "good", unknown: "unknown" };

/** Whether what runs now fails so: what one wants to know before a redrive. */
export const RunsNow = ({ of: { state, versions, why } }: { readonly of: Judged }) => (
  <Note tone={tones[state]}>
    <p>
      {state === "unknown"
        ? `Unknown whether what runs now fails so: ${why}.`
        : (state === "fails" ? versions.filter(({ failures }) => failures > 0) : versions).map((version, at) => (
            <Fragment key={version.version}>
              {at > 0 && " "}
              {state === "fails" ? <Fails of={version} /> : <NotYet of={version} />}
            </Fragment>
          ))}
    </p>
  </Note>
);

const Deployed = ({ of: { version, deployedAtMs } }: { readonly of: Judged["versions"][number] }) => (
  <>
    <strong className="mono">{version}</strong>
    {deployedAtMs !== null && (
      <>
        , deployed <Time at={deployedAtMs} />
      </>
    )}
  </>
);

const Fails = ({ of }: { readonly of: Judged["versions"][number] }) => (
  <>
    What runs now fails so: <Deployed of={of} />, has failed so {counted(of.failures, "time")}
    {of.lastMs !== null && (
      <>
        , last <Ago at={of.lastMs} />
      </>
    )}
    .
  </>
);

const NotYet = ({ of }: { readonly of: Judged["versions"][number] }) => (
  <>
    <Deployed of={of} /> and running, has not failed so yet.
  </>
);
