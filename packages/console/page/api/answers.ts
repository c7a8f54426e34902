import type { GetRoutes } from "./api-types.ts";

/** What a route answers. */
export type AnswerOf<R extends keyof GetRoutes> = GetRoutes[R]["answer"];

export type Lag = AnswerOf<"/lag">;
export type LagHistory = AnswerOf<"/lag/{group}/history">;
export type WholeFailure = AnswerOf<"/failures/{id}">;
export type WholeEvent = AnswerOf<"/events/{topic}/{partition}/{offset}">;
export type Session = AnswerOf<"/session">;
export type Overview = AnswerOf<"/overview">;
export type SearchHit = AnswerOf<"/search">["hits"][number];
export type ServiceMap = AnswerOf<"/map">;
export type Service = AnswerOf<"/services/{name}">;
export type Contract = AnswerOf<"/catalogue/{type}">;
