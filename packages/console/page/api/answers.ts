import type { GetRoutes, PostRoutes } from "./api-types.ts";

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
export type RedrivePlan = AnswerOf<"/redrive-plans/{id}">;
export type RedriveJob = AnswerOf<"/jobs/{id}">;
export type PlanBody = PostRoutes["/redrive-plans"]["body"];
export type EditCheck = PostRoutes["/failures/{id}/edit-check"]["answer"];
export type Rehearsal = PostRoutes["/rehearsals"]["answer"];
export type RehearsedBuild = AnswerOf<"/rehearsed-builds">["items"][number];
export type CommandReach = PostRoutes["/commands/reach"]["answer"];
