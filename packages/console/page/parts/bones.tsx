/** What is not there yet, as large as it will be. */
export const Bones = ({ lines, height = "1.1rem" }: { readonly lines: number; readonly height?: string }) => (
  <div className="stack" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, line) => (
      <span key={line} className="bone" style={{ height, width: `${96 - ((line * 13) % 40)}%` }} />
    ))}
  </div>
);
