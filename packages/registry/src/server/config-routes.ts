import type { FastifyInstance, FastifyRequest } from "fastify";
import {
  type CompatibilityLevel,
  compatibilityLevels,
  compatibilityPolicies,
  type CompatibilityPolicy,
} from "../compatibility/check-compatibility.ts";
import { RegistryError } from "../registry/registry-error.ts";
import type { Registry } from "../registry/registry.ts";
import { type Mode, modes } from "../registry/registry-store.ts";
import { defaultContext, type SubjectName, subjectNamed, written } from "../registry/subject-name.ts";
import { Asked } from "./requests.ts";

/** How compatible versions must be, and what may be written: globally, for a context, for a subject. */
export function addConfigRoutes(app: FastifyInstance, registry: Registry): void {
  app.get("/config", async () => {
    const { own, level } = await registry.settings(globally);
    return { compatibilityLevel: level, ...shownPolicy(own.policy) };
  });
  app.get("/mode", async () => ({ mode: (await registry.settings(globally)).mode }));

  for (const path of ["/config", "/config/:subject"]) {
    app.put(path, async (request) => {
      const { body } = new Asked(request);
      const level = levelIn(body["compatibility"]);
      const normalize = typeof body["normalize"] === "boolean" ? { normalize: body["normalize"] } : {};
      const policy = policyIn(body["compatibilityPolicy"]);
      const change = { ...(level === undefined ? {} : { level }), ...(policy === undefined ? {} : { policy }), ...normalize };
      await registry.changeSettings(named(request), change);
      return body;
    });
    app.delete(path, async (request) => {
      const subject = named(request);
      const { own, level } = await registry.settings(subject);
      if (own.level === null && subject.name !== "") throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
      await registry.changeSettings(subject, { level: null, policy: null, normalize: null });
      return { compatibilityLevel: own.level ?? level };
    });
  }

  app.get("/config/:subject", async (request) => {
    const subject = named(request);
    const { own, level } = await registry.settings(subject);
    if (own.level === null && !new Asked(request).flag("defaultToGlobal"))
      throw new RegistryError("COMPATIBILITY_NOT_SET", { subject: written(subject) });
    return {
      compatibilityLevel: level,
      ...shownPolicy(own.policy),
      ...(own.normalize === null ? {} : { normalize: own.normalize }),
    };
  });

  for (const path of ["/mode", "/mode/:subject"])
    app.put(path, async (request) => {
      const asked = new Asked(request);
      const mode = modeIn(asked.body["mode"]);
      await registry.changeSettings(named(request), { mode }, { force: asked.flag("force") });
      return { mode };
    });

  app.get("/mode/:subject", async (request) => {
    const subject = named(request);
    const { own, mode } = await registry.settings(subject);
    if (own.mode === null && !new Asked(request).flag("defaultToGlobal"))
      throw new RegistryError("MODE_NOT_SET", { subject: written(subject) });
    return { mode };
  });

  app.delete("/mode/:subject", async (request) => {
    const subject = named(request);
    const { own } = await registry.settings(subject);
    if (own.mode === null) throw new RegistryError("SUBJECT_NOT_FOUND", { subject: written(subject) });
    await registry.changeSettings(subject, { mode: null });
    return { mode: own.mode };
  });
}

const globally: SubjectName = { context: defaultContext, name: "" };

function named({ params }: FastifyRequest): SubjectName {
  const { subject } = params as { subject?: string };
  return subject === undefined ? globally : subjectNamed(subject);
}

function levelIn(value: unknown): CompatibilityLevel | undefined {
  if (value === undefined) return undefined;
  const level = typeof value === "string" ? value.toUpperCase() : "";
  if (!compatibilityLevels.includes(level as CompatibilityLevel))
    throw new RegistryError("INVALID_LEVEL", { what: JSON.stringify(value) });
  return level as CompatibilityLevel;
}

const shownPolicy = (policy: CompatibilityPolicy | null): object => (policy === null ? {} : { compatibilityPolicy: policy });

function policyIn(value: unknown): CompatibilityPolicy | undefined {
  if (value === undefined || value === null) return undefined;
  const policy = typeof value === "string" ? value.toUpperCase() : "";
  if (!compatibilityPolicies.includes(policy as CompatibilityPolicy))
    throw new RegistryError("INVALID_POLICY", { what: JSON.stringify(value) });
  return policy as CompatibilityPolicy;
}

function modeIn(value: unknown): Mode {
  const mode = typeof value === "string" ? value.toUpperCase() : "";
  if (!modes.includes(mode as Mode)) throw new RegistryError("INVALID_MODE", { what: JSON.stringify(value) });
  return mode as Mode;
}
