import type { RowResult } from "./measure-row.ts";

interface Line {
  readonly row: string;
  readonly who: string;
  readonly figure: string;
  readonly spread: string;
  readonly ratio: string;
  readonly cpuRatio: string;
  readonly goal: string;
  readonly ok: string;
}

const title: Line = {
  row: "row",
  who: "",
  figure: "figure",
  spread: "spread",
  ratio: "ours is",
  cpuRatio: "by processor",
  goal: "goal",
  ok: "",
};

/** The results as text: a table with a line for ours and one for each peer, then what each row covers and how to measure it again. */
export function resultsTable(results: readonly RowResult[]): string {
  const table = [title, ...results.flatMap(linesOf)];
  const columns = Object.keys(title) as (keyof Line)[];
  const widths = columns.map((column) => Math.max(...table.map((line) => line[column].length)));
  const lines = table.map((line) =>
    columns
      .map((column, index) => line[column].padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const notes = results.map(({ name, covers, notes, command }) =>
    [`${name}: ${covers}`, ...notes.map((note) => `  ${note}`), `  ${command}`].join("\n"),
  );
  return [...lines, "", ...notes].join("\n");
}

function linesOf(row: RowResult): Line[] {
  const ours: Line = {
    row: row.name,
    who: "ours",
    figure: `${number(row.figure)} ${row.unit}`,
    spread: percent(row.spread),
    ratio: "",
    cpuRatio: "",
    goal: row.goal,
    ok: row.ok ? "ok" : "missed",
  };
  const peers = row.peers.map(({ name, figure, spread, ratio, cpuRatio, limit, ok }): Line => ({
    row: "",
    who: name,
    figure: `${number(figure)} ${row.unit}`,
    spread: percent(spread),
    ratio: `${ratio.toFixed(2)} x`,
    cpuRatio: cpuRatio === null ? "" : `${cpuRatio.toFixed(2)} x`,
    goal: limit === null ? "" : `${row.better === "more" ? "at least" : "at most"} ${number(limit)}`,
    ok: limit === null ? "" : ok ? "ok" : "missed",
  }));
  return [ours, ...peers];
}

function number(value: number): string {
  return value.toLocaleString("en");
}

function percent(part: number): string {
  return `± ${Math.round(part * 100)} %`;
}
