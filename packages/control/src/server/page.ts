import type { FastifyReply, FastifyRequest } from "fastify";
import type { ControlApp } from "./control-app.ts";
import { type PageFile, readPageFiles } from "./page-files.ts";
import { notFoundProblem } from "./problems.ts";

/** It holds no data, and links lead to it. */
const open = { right: "open", takesOtherSites: true } as const;

const index = "/index.html";

/**
 * Serves the page at every path that nothing else answers: its routes are the page's business, so that an address can be shared.
 * Whoever asks for no HTML gets a problem, as everywhere in the API.
 */
export function addPage(app: ControlApp, folder: string): void {
  const files = readPageFiles(folder);
  if (files === null) return;
  app.get("/*", { config: open, schema: { hide: true } }, (request, reply) => {
    const path = request.url.split("?")[0]!;
    const file = files.get(path === "/" ? index : path);
    if (file !== undefined) return answerFile(request, reply, file);
    return isPageRoute(path) && wantsHtml(request)
      ? answerFile(request, reply, files.get(index)!)
      : notFoundProblem(request, reply);
  });
}

const isPageRoute = (path: string): boolean => !/^\/(?:api|assets)(?:\/|$)/.test(path);

const wantsHtml = ({ headers }: FastifyRequest): boolean => headers.accept?.includes("text/html") === true;

function answerFile(request: FastifyRequest, reply: FastifyReply, { type, body, zipped, isHashed }: PageFile): FastifyReply {
  const takesGzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  reply.type(type).header("vary", "accept-encoding").header("x-content-type-options", "nosniff");
  // The first names the others, so it is asked for each time; the others never change.
  reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-store");
  if (zipped === null || !takesGzip) return reply.send(body);
  return reply.header("content-encoding", "gzip").send(zipped);
}
