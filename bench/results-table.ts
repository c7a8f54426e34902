import type { RowResult } from "./measure-row.ts";

const columns: readonly { readonly title: string; readonly of: (row: RowResult) => string }[] = [
  { title: "row", of: ({ name }) => name },
  { title: "ours", of: ({ figure, unit }) => `${number(figure)} ${unit}` },
  { title: "by hand", of: ({ peer }) => number(peer) },
  { title: "ratio", of: ({ ratio }) => ratio.toFixed(2) },
  { title: "of processor time", of: ({ cpuRatio }) => cpuRatio.toFixed(2) },
  { title: "spread", of: ({ spread }) => `± ${Math.round(spread * 100)} %` },
  { title: "goal", of: ({ goal }) => goal },
  { title: "", of: ({ ok }) => (ok ? "ok" : "missed") },
];

/** The results as text: a table, then what each row covers and how to measure it again. */
export function resultsTable(results: readonly RowResult[]): string {
  const cells = [columns.map(({ title }) => title), ...results.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const notes = results.map(({ name, covers, command }) => `${name}: ${covers}\n  ${command}`);
  return [...lines, "", ...notes].join("\n");
}

function number(value: number): string {
  return value.toLocaleString("en");
}
