/** Every address of the page, in one place. */
const part = encodeURIComponent;

const withQuery = (path: string, query: Readonly<Record<string, string | undefined | null>>): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== "") search.set(name, value);
  return search.size === 0 ? path : `${path}?${search}`;
};

export const paths = {
  overview: (query: { tenant?: string } = {}) => withQuery("/", query),
  search: (q: string) => withQuery("/search", { q }),
  services: () => "/services",
  service: (name: string, query: { ask?: string; handler?: string } = {}) => withQuery(`/services/${part(name)}`, query),
  map: () => "/map",
  catalogue: () => "/catalogue",
  contract: (type: string) => `/catalogue/${part(type)}`,
  failures: (
    query: {
      service?: string;
      handler?: string;
      view?: string;
      text?: string;
      subject?: string;
      state?: string;
      tenant?: string;
    } = {},
  ) => withQuery("/failures", query),
  failureGroup: (fingerprint: string) => `/failures/groups/${part(fingerprint)}`,
  failure: (id: string) => `/failures/${part(id)}`,
  rehearse: (fingerprint: string) => `/failures/groups/${part(fingerprint)}/rehearse`,
  edit: (id: string) => `/failures/${part(id)}/edit`,
  plan: (id: string) => `/plans/${part(id)}`,
  jobs: () => "/jobs",
  job: (id: string) => `/jobs/${part(id)}`,
  flows: (query: { q?: string; by?: string } = {}) => withQuery("/flows", query),
  flow: (id: string, query: { event?: string; wanted?: string } = {}) => withQuery(`/flows/${part(id)}`, query),
  events: (query: { topic?: string; type?: string; subject?: string; correlationId?: string; view?: string } = {}) =>
    withQuery("/events", query),
  event: ({ topic, partition, offset }: { topic: string; partition: number; offset: number }) =>
    `/events/${part(topic)}/${partition}/${offset}`,
  lag: () => "/lag",
  replays: () => "/replays",
  newReplay: (query: { service?: string; handler?: string; kind?: string } = {}) => withQuery("/replays/new", query),
  replay: (id: string) => `/replays/${part(id)}`,
  audit: (query: { service?: string } = {}) => withQuery("/audit", query),
  settings: () => "/settings",
  lagGroup: (group: string) => `/lag/${part(group)}`,
} as const;
