import type { Contract } from "../../api/answers.ts";
import { apiUrl } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { Answer } from "../../parts/answer.tsx";
import { DataTable, type TableColumn } from "../../parts/data-table.tsx";
import { Figures } from "../../parts/facts.tsx";
import { Choice } from "../../parts/field.tsx";
import { Page, Section } from "../../parts/page.tsx";
import { PayloadView } from "../../parts/payload-view.tsx";
import { count } from "../../parts/say-number.ts";
import { Note } from "../../parts/status.tsx";
import { Ago, Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { useSearch } from "../../router/location.ts";
import type { PathParts } from "../../router/match-route.ts";
import { paths } from "../../router/paths.ts";
import { VersionDiffs } from "./version-diffs.tsx";

/** One type of event: its versions and their differences, who reads which of its fields, an example. */
export function ContractPage({ parts }: { readonly parts: PathParts }) {
  const type = parts["type"]!;
  const answer = useApi("/catalogue/{type}", { path: { type }, everyMs: 15_000 });
  const contract = answer.data;
  return (
    <Page
      byTenant="contracts are the same for all tenants, and so are their counts."
      title={type}
      above={
        <>
          <Link to={paths.catalogue()}>Catalogue</Link> / type
        </>
      }
      say={
        contract &&
        `Owned by ${contract.owner ?? "nobody that it told"}, published by ${contract.publishers.join(", ") || "nobody that declared it"}.`
      }
      actions={
        <Link className="button" to={paths.events({ type })}>
          See events
        </Link>
      }
    >
      <Answer of={answer}>{(one) => <Whole of={one} />}</Answer>
    </Page>
  );
}

const Whole = ({ of: contract }: { readonly of: Contract }) => (
  <>
    {contract.drift.map(({ sentence }) => (
      <Note key={sentence} tone="warn">
        <p>{sentence}</p>
      </Note>
    ))}
    <Figures
      of={[
        ["Events", count(contract.count)],
        ["A second", contract.perSecond.toFixed(2)],
        ["Last", contract.lastMs === null ? "never" : <Ago key="last" at={contract.lastMs} />],
        ["First", contract.firstMs === null ? "never" : <Time key="first" at={contract.firstMs} />],
        ["Topics", contract.topics.join(", ") || "none yet"],
      ]}
    />
    <Fields of={contract} />
    <Section title="Who reads it" about="and which of its fields">
      {contract.readers.length === 0 ? (
        <p className="card">No handler reads it.</p>
      ) : (
        <DataTable
          label="Readers"
          columns={readerColumns}
          rows={contract.readers}
          rowId={({ service, handler }) => `${service}/${handler}`}
          sortName="readers"
        />
      )}
    </Section>
    <VersionDiffs of={contract.diffs} />
    {contract.example !== null && <Example of={contract.example} />}
  </>
);

function Fields({ of: { versions } }: { readonly of: Contract }) {
  const [search, change] = useSearch();
  const newest = versions.find(({ isCurrent }) => isCurrent) ?? versions.at(-1);
  const shown = versions.find(({ version }) => String(version) === search.get("version")) ?? newest;
  if (shown === undefined)
    return (
      <Section title="Fields">
        <p className="card">No service announced a contract of it.</p>
      </Section>
    );
  const choices = Object.fromEntries(
    versions.map(({ version, isCurrent }) => [String(version), `${version}${isCurrent ? ", published now" : ""}`]),
  );
  return (
    <Section
      title="Fields"
      about={`in ${shown.writtenAs} on ${shown.stream}, by ${shown.subject}${shown.tenant === null ? "" : `, of the tenant ${shown.tenant}`}`}
      actions={
        <Choice label="Version" value={String(shown.version)} choices={choices} onChange={(version) => change({ version })} />
      }
    >
      <DataTable
        label={`Fields of version ${shown.version}`}
        columns={fieldColumns(shown.personal ?? [])}
        rows={shown.fields}
        rowId={({ path }) => path}
        sortName="fields"
      />
    </Section>
  );
}

const fieldColumns = (personal: readonly string[]): readonly TableColumn<Contract["versions"][number]["fields"][number]>[] => [
  { id: "path", title: "Field", cell: ({ path }) => <strong className="mono">{path}</strong> },
  { id: "type", title: "Type", cell: ({ type }) => <span className="mono">{type}</span> },
  { id: "needed", title: "Always there", cell: ({ isRequired }) => (isRequired ? "yes" : "no") },
  { id: "personal", title: "Personal", cell: ({ path }) => (personal.includes(path) ? "yes: hidden" : "no") },
  { id: "about", title: "What it is", cell: ({ description }) => description ?? "—" },
];

const readerColumns: readonly TableColumn<Contract["readers"][number]>[] = [
  {
    id: "who",
    title: "Handler",
    cell: ({ service, handler }) => (
      <Link className="opens mono" to={paths.service(service)}>
        {service}/{handler}
      </Link>
    ),
  },
  { id: "version", title: "Version", isNumber: true, cell: ({ version }) => version },
  { id: "lifts", title: "Also takes", cell: ({ lifts }) => lifts.join(", ") || "no older one" },
  {
    id: "fields",
    title: "Reads",
    cell: ({ fields }) => <span className="mono">{fields === null ? "the whole event" : fields.join(", ")}</span>,
  },
];

const Example = ({ of: { key, timestampMs, payload } }: { readonly of: NonNullable<Contract["example"]> }) => {
  const [topic, partition, offset] = placeIn(key);
  return (
    <Section
      title="An example"
      about={
        <>
          written <Ago at={timestampMs} />, personal fields hidden
        </>
      }
    >
      <PayloadView
        of={payload}
        bytesUrl={apiUrl("/events/{topic}/{partition}/{offset}/payload", { path: { topic, partition, offset } })}
      />
      <p>
        <Link to={paths.event({ topic, partition: Number(partition), offset: Number(offset) })}>See it whole</Link>
      </p>
    </Section>
  );
};

/** `topic/partition/offset`; a topic has no slash. */
const placeIn = (key: string): [topic: string, partition: string, offset: string] => {
  const [topic = "", partition = "0", offset = "0"] = key.split("/");
  return [topic, partition, offset];
};
