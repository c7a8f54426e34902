import type { SearchHit } from "../../api/answers.ts";
import { paths } from "../../router/paths.ts";

/** The page of what was found. */
export function hitPath({ kind, id, service }: Pick<SearchHit, "kind" | "id" | "service">): string {
  switch (kind) {
    case "failure":
      return paths.failure(id);
    case "failure-group":
      return paths.failureGroup(id);
    case "event": {
      const [, topic, partition, offset] = /^(.*)\/(\d+)\/(\d+)$/.exec(id) ?? [];
      return topic === undefined ? paths.flow(id) : paths.event({ topic, partition: Number(partition), offset: Number(offset) });
    }
    case "flow":
      return paths.flow(id);
    case "subject":
      return paths.flows({ q: id });
    case "type":
      return paths.events({ type: id });
    case "topic":
      return paths.events({ topic: id });
    case "service":
      return paths.service(id);
    case "handler":
      return paths.service(service ?? id.split("/")[0]!);
    case "group":
      return paths.lagGroup(id);
    case "tenant":
      return paths.overview({ tenant: id });
  }
}
