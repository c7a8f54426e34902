import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from "fastify";
import { addAccess, addSecurityHeaders, answerBrokenRequest } from "../access/add-access.ts";
import { WrittenDataReader } from "../payload/written-data.ts";
import type { GuardedRoute } from "../access/route-rights.ts";
import type { ControlParts, RouteParts } from "./control-parts.ts";
import { addMetrics } from "./metrics-route.ts";
import { addMounts } from "./mounts.ts";
import { addOpenApi } from "./open-api.ts";
import { addPage } from "./page.ts";
import { answerProblem, notFoundProblem } from "./problems.ts";
import { validatorFor } from "./request-validation.ts";
import { commandRoutes } from "./routes/command-routes.ts";
import { failureRoutes } from "./routes/failure-routes.ts";
import { flowRoutes } from "./routes/flow-routes.ts";
import { indexRoutes } from "./routes/index-routes.ts";
import { lagRoutes } from "./routes/lag-routes.ts";
import { readingRoutes } from "./routes/reading-routes.ts";
import { channelRoutes } from "./routes/channel-routes.ts";
import { incidentRoutes } from "./routes/incident-routes.ts";
import { mendingRoutes } from "./routes/mending-routes.ts";
import { rehearsedBuildRoutes } from "./routes/rehearsed-build-routes.ts";
import { redriveRoutes } from "./routes/redrive-routes.ts";
import { replayRoutes } from "./routes/replay-routes.ts";
import { silenceRoutes } from "./routes/silence-routes.ts";
import { oidcRoutes } from "./routes/oidc-routes.ts";
import { sessionRoutes } from "./routes/session-routes.ts";
import { tokenRoutes } from "./routes/token-routes.ts";
import { userRoutes } from "./routes/user-routes.ts";

export type ControlApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A group of routes, below `/api/v1`. */
export type ControlRoutes = (app: ControlApp, parts: RouteParts) => void;

const routes: readonly ControlRoutes[] = [
  sessionRoutes,
  oidcRoutes,
  userRoutes,
  tokenRoutes,
  commandRoutes,
  indexRoutes,
  failureRoutes,
  flowRoutes,
  ...readingRoutes,
  lagRoutes,
  incidentRoutes,
  silenceRoutes,
  channelRoutes,
  replayRoutes,
  redriveRoutes,
  mendingRoutes,
  rehearsedBuildRoutes,
];

const largestBody = 2 * 1024 * 1024;

/** The API without a port: everything that the page and the command line ask for. */
export async function controlApp(parts: ControlParts): Promise<ControlApp> {
  const { registry = null, encodings = null, surroundings } = parts;
  const writtenData = new WrittenDataReader(registry, encodings, () => surroundings.clock.now());
  const app = fastify({
    bodyLimit: largestBody,
    routerOptions: { maxParamLength: 2_000, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    trustProxy: (parts.trustProxy ?? []).length === 0 ? false : [...parts.trustProxy!],
    // Of a path that cannot be read: before routes, and so before hooks.
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, addSecurityHeaders(reply, parts.access)),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>() as ControlApp;
  app.setValidatorCompiler(({ schema, httpPart }) => validatorFor(schema as object, httpPart));
  app.setErrorHandler((error, request, reply) => answerProblem(error as Error, request, reply));
  app.setNotFoundHandler((request, reply) => notFoundProblem(request, reply));
  app.removeContentTypeParser("text/plain");
  guarded.set(app, addAccess(app, parts.access));
  await addOpenApi(app);
  addMounts(app, parts.mounts ?? []);
  addMetrics(app, parts);
  if (parts.pageDir !== undefined) addPage(app, parts.pageDir);
  await app.register(
    async (api) => {
      for (const add of routes) add(api, { ...parts, writtenData });
    },
    { prefix: "/api/v1" },
  );
  return app;
}

const guarded = new WeakMap<ControlApp, readonly GuardedRoute[]>();

/** Every route of an app with the right that it needs. */
export const routesOf = (app: ControlApp): readonly GuardedRoute[] => guarded.get(app) ?? [];
