import { plainPaint, type Colour, type Paint } from "./colours.ts";
import { printableLine } from "./printable.ts";

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** Gives way first when the terminal is too narrow. */
  readonly flexible?: boolean;
}

export type Cell = string | number | null | { readonly text: string; readonly colour: Colour };

const gap = "  ";
const narrowest = 12;

/**
 * Draws a table as lines: titles, then one line a row. Null is a dash. With `columns`, flexible cells are cut so that a
 * line fits the terminal; without, nothing is cut.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { paint?: Paint; columns?: number | null } = {},
): string {
  const paint = options.paint ?? plainPaint;
  const texts = rows.map((row) => columns.map((_, at) => cellText(row[at] ?? null)));
  const widths = fit(
    columns,
    columns.map((column, at) => Math.max(column.title.length, ...texts.map((row) => lengthOf(row[at]!)))),
    options.columns ?? null,
  );
  const line = (cells: readonly string[], colours: readonly (Colour | null)[]): string =>
    cells
      .map((text, at) => {
        const cut = cutTo(text, widths[at]!);
        const padding = " ".repeat(widths[at]! - lengthOf(cut));
        const colour = colours[at] ?? null;
        const painted = colour === null ? cut : paint(colour, cut);
        return columns[at]!.align === "right" ? padding + painted : painted + padding;
      })
      .join(gap)
      .trimEnd();
  return [
    line(
      columns.map((column) => column.title),
      columns.map(() => "dim"),
    ),
    ...rows.map((row, at) =>
      line(
        texts[at]!,
        columns.map((_, column) => colourOf(row[column] ?? null)),
      ),
    ),
  ].join("\n");
}

function cellText(cell: Cell): string {
  if (cell === null || cell === "") return "–";
  if (typeof cell === "number") return cell.toLocaleString("en");
  return printableLine(typeof cell === "string" ? cell : cell.text);
}

const colourOf = (cell: Cell): Colour | null => (typeof cell === "object" && cell !== null ? cell.colour : null);

// Counts code points: cells hold names, ids and messages, where that is what a terminal shows.
const lengthOf = (text: string): number => [...text].length;

export function cutTo(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

function fit(columns: readonly Column[], widths: number[], limit: number | null): number[] {
  if (limit === null) return widths;
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1) - limit;
  while (excess > 0) {
    const flexible = columns.map((column, at) => (column.flexible === true ? widths[at]! : 0));
    const widest = Math.max(...flexible);
    if (widest <= narrowest) return widths;
    const at = flexible.indexOf(widest);
    const taken = Math.min(
      excess,
      widest - narrowest,
      Math.max(1, widest - Math.max(0, ...flexible.filter((width) => width < widest))),
    );
    widths[at] = widest - taken;
    excess -= taken;
  }
  return widths;
}
