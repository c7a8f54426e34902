import {
  type ColumnDef,
  createSortedRowModel,
  rowSelectionFeature,
  rowSortingFeature,
  type RowSelectionState,
  type SortingState,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo } from "react";
import { useSearch } from "../router/location.ts";

const features = tableFeatures({
  rowSortingFeature,
  rowSelectionFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { basic: sortFn_basic },
});

export interface TableColumn<T> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
  /** What it is sorted by; without, it is not. */
  readonly sort?: (row: T) => number | string;
  /** Numbers stand at the end of their column, below each other. */
  readonly isNumber?: boolean;
  /** Sentences: on a narrow screen they have a line of their own. */
  readonly isLong?: boolean;
}

interface DataTableProps<T> {
  /** What the rows are, for those who do not see them. */
  readonly label: string;
  readonly columns: readonly TableColumn<T>[];
  readonly rows: readonly T[];
  readonly rowId: (row: T) => string;
  /** Which rows are chosen, and what happens when that changes. */
  readonly selection?: { readonly chosen: ReadonlySet<string>; readonly choose: (chosen: ReadonlySet<string>) => void };
  /** The name in the address of what it is sorted by. */
  readonly sortName?: string;
}

/** Rows that can be sorted and chosen. The first column names the row. On a narrow screen each row stands as a card. */
export function DataTable<T>({ label, columns, rows, rowId, selection, sortName = "sort" }: DataTableProps<T>) {
  const [search, change] = useSearch();
  const sorting = sortingIn(search.get(sortName));
  const defs = useMemo(() => columns.map(columnDef), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable<typeof features, Wrapped<T>>({
    features,
    data: data as Wrapped<T>[],
    columns: defs,
    getRowId: (row) => rowId(row),
    state: { sorting, rowSelection: Object.fromEntries([...(selection?.chosen ?? [])].map((id) => [id, true])) },
    onSortingChange: (next) => change({ [sortName]: sortText(typeof next === "function" ? next(sorting) : next) }),
    onRowSelectionChange: (next) => {
      const before: RowSelectionState = Object.fromEntries([...(selection?.chosen ?? [])].map((id) => [id, true]));
      const after = typeof next === "function" ? next(before) : next;
      selection?.choose(new Set(Object.keys(after).filter((id) => after[id])));
    },
  });
  return (
    <div className="table">
      <table aria-label={label}>
        <thead>
          <tr>
            {selection && (
              <th className="box" scope="col">
                <input
                  type="checkbox"
                  aria-label="Choose all shown"
                  checked={table.getIsAllRowsSelected()}
                  onChange={table.getToggleAllRowsSelectedHandler()}
                />
              </th>
            )}
            {table.getFlatHeaders().map(({ id, column }) => (
              <th
                key={id}
                scope="col"
                className={columns.find((one) => one.id === id)?.isNumber ? "end" : ""}
                aria-sort={ariaSort(column.getIsSorted())}
              >
                {column.getCanSort() ? (
                  <button type="button" onClick={column.getToggleSortingHandler()}>
                    {titleOf(columns, id)} {arrow(column.getIsSorted())}
                  </button>
                ) : (
                  titleOf(columns, id)
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-row={row.id}>
              {selection && (
                <td className="box">
                  <input
                    type="checkbox"
                    aria-label={`Choose ${row.id}`}
                    checked={row.getIsSelected()}
                    onChange={row.getToggleSelectedHandler()}
                  />
                </td>
              )}
              {columns.map(({ id, title, cell, isNumber, isLong }, at) => (
                <td
                  key={id}
                  data-label={title}
                  className={[at === 0 && "first", isNumber && "end", isLong && "long"].filter(Boolean).join(" ")}
                >
                  {cell(row.original as T)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** TanStack Table wants an object type; what a row is, is its user's business. */
type Wrapped<T> = T & object;

const columnDef = <T,>({ id, sort }: TableColumn<T>): ColumnDef<typeof features, Wrapped<T>> =>
  sort === undefined
    ? { id, enableSorting: false }
    : { id, accessorFn: (row) => sort(row), sortFn: "basic", sortDescFirst: true };

const titleOf = <T,>(columns: readonly TableColumn<T>[], id: string): string => columns.find((one) => one.id === id)!.title;

const sortingIn = (text: string | null): SortingState =>
  text === null || text === "" ? [] : [{ id: text.replace(/^-/, ""), desc: text.startsWith("-") }];

const sortText = ([first]: SortingState): string | undefined =>
  first === undefined ? undefined : `${first.desc ? "-" : ""}${first.id}`;

const arrow = (sorted: false | "asc" | "desc"): string => (sorted === false ? "" : sorted === "asc" ? "▲" : "▼");
const ariaSort = (sorted: false | "asc" | "desc") =>
  sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending";
