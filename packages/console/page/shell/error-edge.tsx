import { Component, type ReactNode } from "react";
import { Note } from "../parts/status.tsx";

/** Keeps a page that fails from taking the others with it. */
export class ErrorEdge extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <Note tone="bad">
        <p>This page failed to draw: {error.message}. The others still work; load it again to try once more.</p>
      </Note>
    );
  }
}
