import type { ReactNode } from "react";

interface EmptyProps {
  readonly title: string;
  /** What would stand here. */
  readonly children: ReactNode;
  /** What makes it, as it is typed. */
  readonly command?: string | undefined;
}

/** A place with nothing in it, which says what would stand there and what makes it. */
export const Empty = ({ title, children, command }: EmptyProps) => (
  <div className="empty">
    <h3>{title}</h3>
    <p className="soft">{children}</p>
    {command !== undefined && <pre className="code">{command}</pre>}
  </div>
);
