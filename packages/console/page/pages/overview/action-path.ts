import type { OpenProblem } from "../../api/api-types.ts";
import { paths } from "../../router/paths.ts";

type Action = OpenProblem["actions"][number];

const [byHandler, byName] = [/^([^/]+)\/(.+)$/, /^[^/]+/];

/** Where an action is done. What it touches is seen there before anything is done. */
export function actionPath({ kind, target }: Action): string {
  const [, service, handler] = byHandler.exec(target) ?? [];
  switch (kind) {
    case "failures":
    case "redrive":
      return service === undefined ? paths.failureGroup(target) : paths.failures({ service, handler: handler! });
    case "pause":
    case "resume":
    case "release":
      return paths.service(byName.exec(target)?.[0] ?? target, { ask: kind, ...(handler !== undefined && { handler }) });
    case "service":
      return paths.service(byName.exec(target)?.[0] ?? target);
    case "lag":
      return paths.lagGroup(target);
    case "flow":
      return paths.flow(target);
    case "channels":
      return paths.lag();
    case "events":
      return paths.events({ topic: target });
  }
}
