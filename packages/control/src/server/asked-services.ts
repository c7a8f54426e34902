import type { FastifyRequest } from "fastify";

/** The services that a request is about, for routes that say so in their query or path; null: all of them. */
export const serviceInQuery = ({ query }: FastifyRequest): string | null => (query as { service?: string }).service ?? null;

/** Consumer groups are named after their services. */
export const groupInQuery = ({ query }: FastifyRequest): string | null => (query as { group?: string }).group ?? null;
export const groupInPath = ({ params }: FastifyRequest): string => (params as { group: string }).group;

export const serviceInBody = ({ body }: FastifyRequest): string => (body as { service: string }).service;
