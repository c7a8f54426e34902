import type { Payload } from "../api/api-types.ts";
import { Button } from "./button.tsx";
import { JsonView } from "./json-view.tsx";
import { counted } from "./say-number.ts";

interface PayloadViewProps {
  readonly of: Payload;
  /** Where the untouched bytes are. */
  readonly bytesUrl: string;
  readonly isUnmasked?: boolean;
  /** Without it what is hidden stays so. */
  readonly onUnmask?: (isUnmasked: boolean) => void;
}

/** A record's value as whoever asks may see it. */
export function PayloadView({ of: payload, bytesUrl, isUnmasked = false, onUnmask }: PayloadViewProps) {
  const { kind, text, hex, bytes, contentType, writtenAs, masked, note, isCut } = payload;
  return (
    <div className="stack">
      <p className="soft">
        {contentType ?? "no content type"}, {counted(bytes, "byte")}
        {kind === "json" && writtenAs !== null && `, read by schema ${writtenAs.schemaId} of the registry`}
        {isCut && ", of which the beginning is shown"}
        {note !== null && `. ${note}`}
      </p>
      {kind === "json" && text !== null && <JsonView text={text} />}
      {kind === "text" && (
        <pre className="code" tabIndex={0}>
          {text}
        </pre>
      )}
      {kind === "binary" && (
        <pre className="code" tabIndex={0} aria-label="The first bytes, in hexadecimal">
          {hex}
        </pre>
      )}
      {kind === "none" && <p>It has no value{bytes === 0 ? ": it deletes, on a compacted topic" : ""}.</p>}
      {kind === "hidden" && <p>It may hold personal data, so it is shown only when somebody who may see that asks for it.</p>}
      <div className="row">
        {onUnmask !== undefined && (masked.length > 0 || kind === "hidden" || isUnmasked) && (
          <Button onPress={() => onUnmask(!isUnmasked)} isPressed={isUnmasked}>
            {unmaskLabel(payload, isUnmasked)}
          </Button>
        )}
        {kind !== "none" && kind !== "hidden" && (
          <a className="button quiet" href={bytesUrl} download>
            Save its bytes
          </a>
        )}
      </div>
    </div>
  );
}

function unmaskLabel({ kind, masked }: Payload, isUnmasked: boolean): string {
  if (isUnmasked) return "Hide personal data";
  return kind === "hidden" ? "Show it" : `Show ${counted(masked.length, "personal field")}`;
}
