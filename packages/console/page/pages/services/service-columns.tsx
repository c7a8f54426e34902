import type { Service } from "../../api/answers.ts";
import type { TableColumn } from "../../parts/data-table.tsx";
import { count } from "../../parts/say-number.ts";
import { Status } from "../../parts/status.tsx";
import { Ago, Time } from "../../parts/time.tsx";
import { Link } from "../../router/link.tsx";
import { paths } from "../../router/paths.ts";
import { HandlerCommands } from "../commands/handler-commands.tsx";
import { handlerState, serviceState } from "./service-words.ts";

export const handlerColumns = (
  service: string,
  standing: Service["controls"],
): readonly TableColumn<Service["handlers"][number]>[] => [
  {
    id: "name",
    title: "Handler",
    cell: ({ name, types, unanswered }) => (
      <>
        {unanswered > 0 ? (
          <Link className="opens mono" to={paths.failures({ service, handler: name })}>
            {name}
          </Link>
        ) : (
          <strong className="mono">{name}</strong>
        )}
        <div className="soft">{types.join(", ")}</div>
      </>
    ),
  },
  {
    id: "state",
    title: "State",
    isLong: true,
    cell: (handler) => (
      <>
        <Status tone={handlerState(handler).tone}>{handlerState(handler).word}</Status>
        {handler.problem !== null && <div className="soft">{handler.problem}</div>}
        {handler.controls.map((control) => (
          <div key={control} className="soft">
            {control}
          </div>
        ))}
      </>
    ),
  },
  { id: "behind", title: "Behind", isNumber: true, cell: ({ behind }) => (behind === null ? "unknown" : count(behind)) },
  { id: "parked", title: "Parked", isNumber: true, cell: ({ parked }) => count(parked) },
  { id: "failed", title: "Failed", isNumber: true, cell: ({ unanswered }) => count(unanswered) },
  { id: "order", title: "Order", cell: ({ order }) => order },
  {
    id: "mode",
    title: "Transactions",
    cell: ({ kind, mode, isSerial }) => (kind === "call" ? "calls, at least once" : `${mode}${isSerial ? ", one by one" : ""}`),
  },
  {
    id: "act",
    title: "Act",
    isLong: true,
    cell: (handler) => <HandlerCommands service={service} handler={handler} controls={standing} />,
  },
];

export const instanceColumns: readonly TableColumn<Service["running"][number]>[] = [
  { id: "instance", title: "Instance", cell: ({ instance }) => <strong className="mono">{instance}</strong> },
  {
    id: "state",
    title: "State",
    cell: ({ state }) => {
      const { tone, word } = serviceState({ state, notLive: 0, unanswered: 0 });
      return <Status tone={tone}>{word}</Status>;
    },
  },
  { id: "version", title: "Version", cell: ({ version }) => <span className="mono">{version}</span> },
  { id: "since", title: "Runs since", cell: ({ startedAtMs }) => <Time at={startedAtMs} /> },
  { id: "said", title: "Last word", cell: ({ atMs }) => <Ago at={atMs} /> },
];

export const deployColumns: readonly TableColumn<Service["deploys"][number]>[] = [
  { id: "version", title: "Version", cell: ({ version }) => <strong className="mono">{version}</strong> },
  { id: "first", title: "First seen", cell: ({ firstMs }) => <Time at={firstMs} /> },
  { id: "last", title: "Last seen", cell: ({ lastMs }) => <Ago at={lastMs} /> },
];

export const publishedColumns: readonly TableColumn<Service["published"][number]>[] = [
  {
    id: "type",
    title: "Type",
    cell: ({ type }) => (
      <Link className="opens mono" to={paths.events({ type })}>
        {type}
      </Link>
    ),
  },
  { id: "topic", title: "Topic", cell: ({ topic }) => <span className="mono">{topic}</span> },
  { id: "events", title: "Events", isNumber: true, cell: ({ events }) => count(events) },
  { id: "rate", title: "A second", isNumber: true, cell: ({ perSecond }) => perSecond.toFixed(2) },
];
