import { type ReactNode, useId } from "react";

interface ButtonProps {
  readonly onPress: () => void;
  readonly children: ReactNode;
  readonly kind?: "main-action" | "harm" | "quiet";
  /** Why it may not be used now. It stays to be seen, and says so. */
  readonly whyNot?: string | null;
  readonly label?: string;
  /** What it is for, where its one word does not say so. */
  readonly about?: string;
  readonly isPressed?: boolean;
}

/** A control is disabled with its reason, not hidden. */
export function Button({ onPress, children, kind, whyNot = null, label, about, isPressed }: ButtonProps) {
  const reason = useId();
  return (
    <>
      <button
        type="button"
        className={`button ${kind ?? ""}`}
        aria-disabled={whyNot !== null}
        {...(about !== undefined && { title: about })}
        {...(whyNot !== null && { "aria-describedby": reason, title: whyNot })}
        {...(label !== undefined && { "aria-label": label })}
        {...(isPressed !== undefined && { "aria-pressed": isPressed })}
        onClick={() => whyNot === null && onPress()}
      >
        {children}
      </button>
      {whyNot !== null && (
        <span id={reason} className="why-not">
          {whyNot}
        </span>
      )}
    </>
  );
}
