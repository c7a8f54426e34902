import { type ReactNode, useState } from "react";
import { useSession } from "../session/use-session.tsx";
import { Button } from "./button.tsx";

const wellFormed = /^[0-9a-f]{32}$/;

/** A trace: its id, a way to copy it, and a link to where it is shown, where the console knows that. */
export function TraceId({ of: traceId, about }: { readonly of: string; readonly about: string }) {
  const [isCopied, setCopied] = useState(false);
  const template = useSession()?.traceUrl ?? null;
  const canCopy = globalThis.isSecureContext;
  const copy = (): void => void navigator.clipboard.writeText(traceId).then(() => setCopied(true));
  return (
    <span className="trace">
      <span className="soft">Trace</span> <code title={traceId}>{traceId.slice(0, 8)}…</code>
      <Button
        kind="quiet"
        label={`Copy the trace id of ${about}`}
        onPress={copy}
        whyNot={canCopy ? null : "Browsers copy only over https or on this machine."}
      >
        <span aria-live="polite">{isCopied ? "Copied" : "Copy"}</span>
      </Button>
      {template !== null && wellFormed.test(traceId) && (
        <a
          href={template.replaceAll("{traceId}", traceId)}
          target="_blank"
          rel="noreferrer"
          aria-label={`Open the trace of ${about}`}
        >
          Open
        </a>
      )}
    </span>
  );
}

/** The trace of a `traceparent` (W3C Trace Context); null where it has none. */
export function traceOf(traceparent: string | null, about: string): ReactNode {
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1];
  return traceId === undefined ? null : <TraceId of={traceId} about={about} />;
}
