interface HeadersTableProps {
  readonly headers: readonly {
    readonly name: string;
    readonly value: { readonly text: string | null; readonly base64: string | null } | null;
  }[];
}

/** Headers as they stand in the record: in their order, doubles and nulls too. */
export const HeadersTable = ({ headers }: HeadersTableProps) =>
  headers.length === 0 ? (
    <p className="soft">It has no headers.</p>
  ) : (
    <dl className="facts card">
      {headers.map(({ name, value }, at) => (
        <div key={at} className="contents">
          <dt className="mono">{name}</dt>
          <dd className="mono">
            {value === null ? <span className="soft">null</span> : (value.text ?? <span>{value.base64} (base64)</span>)}
          </dd>
        </div>
      ))}
    </dl>
  );
