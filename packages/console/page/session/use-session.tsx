import { createContext, useContext, type ReactNode } from "react";
import type { Session } from "../api/answers.ts";
import { useApi } from "../api/use-api.ts";
import { NoAnswerPage } from "./no-answer-page.tsx";
import { LoginPage } from "./login-page.tsx";

type Actor = NonNullable<Session["actor"]>;

const SessionContext = createContext<Session | null>(null);

/** Who looks at the page. Whoever must log in first sees that, at the address where it wanted to be. */
export function SessionEdge({ children }: { readonly children: ReactNode }) {
  const { data: session, error } = useApi("/session", { everyMs: 60_000 });
  if (session === undefined) return error === null ? null : <NoAnswerPage problem={error} />;
  return session.actor === null ? <LoginPage session={session} /> : <SessionContext value={session}>{children}</SessionContext>;
}

export const useSession = (): Session | null => useContext(SessionContext);

export const useActor = (): Actor | null => useContext(SessionContext)?.actor ?? null;

/** Why somebody may not change what a service does (null: all services); null when it may. */
export function actorMayAct(actor: Actor | null, service: string | null): string | null {
  if (actor === null) return "Nobody is logged in.";
  const acting = actor.grants.filter(({ role }) => role !== "viewer");
  const may = acting.some(({ services }) => services === null || (service !== null && services.includes(service)));
  if (may) return null;
  return acting.length === 0
    ? `You look on as a ${actor.role}; an operator may do this.`
    : `You are an operator of ${acting.flatMap(({ services }) => services ?? []).join(", ")}, not of ${service ?? "all services"}.`;
}

export const useWhyNotAct = (service: string | null): string | null => actorMayAct(useActor(), service);

/** What is looked at first by whoever may not see all services: one of its own. Empty: all. */
export function useOwnService(): string {
  const grants = useActor()?.grants ?? [];
  return grants.some(({ services }) => services === null) ? "" : (grants.flatMap(({ services }) => services ?? [])[0] ?? "");
}

/** Why somebody may change nothing of any service; null when it may of some. */
export function useWhyNotActAnywhere(): string | null {
  const actor = useActor();
  return actor?.grants.some(({ role }) => role !== "viewer") === true ? null : actorMayAct(actor, null);
}

/** Why somebody may not decide about access; null when it may. */
export function useWhyNotAdmin(): string | null {
  const actor = useActor();
  return actor?.grants.some(({ role }) => role === "admin") === true ? null : "Only an admin decides who may do what.";
}
