import { useMemo } from "react";
import { jsonTokens } from "./json-text.ts";

/** JSON to read. It is text: nothing in it is followed or run. */
export function JsonView({ text }: { readonly text: string }) {
  const tokens = useMemo(() => jsonTokens(text), [text]);
  return (
    <pre className="code json" tabIndex={0}>
      {tokens === null
        ? text
        : tokens.map(({ kind, text: part }, at) =>
            kind === "mark" ? (
              part
            ) : (
              <span key={at} className={`json-${kind}`}>
                {part}
              </span>
            ),
          )}
    </pre>
  );
}
