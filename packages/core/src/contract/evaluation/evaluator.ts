import type { ErrorObject } from "ajv";
import type { JsonSchema } from "../json-schema.ts";
import { isSchema } from "../schema-structure.ts";
import { arrayApplicators, unevaluatedItems, uniqueItems } from "./array-keywords.ts";
import { asksWhatIsSeen, branchKeywords } from "./branch-keywords.ts";
import { type Building, type Check, type Evaluable, refused, type Run, type Scope } from "./check.ts";
import { type DialectRules, standardRules } from "./dialect.ts";
import { memberRules } from "./member-rules.ts";
import { objectApplicators, unevaluatedProperties } from "./object-keywords.ts";
import { type Resource, SchemaResources, type Target } from "./schema-resources.ts";
import { Seen } from "./seen.ts";
import { formatKeyword, validationKeywords } from "./value-keywords.ts";

/**
 * Evaluates values by the words of the specification: for schemas that use what Ajv is known to get wrong. Each schema is made into
 * checks once. It knows all of 2020-12 and draft-07; formats are checked.
 * @throws Error for a reference that leads nowhere, or a regular expression that is none.
 */
export class Evaluator {
  readonly #resources: SchemaResources;
  readonly #nodes = new Map<JsonSchema, Node>();

  constructor(root: JsonSchema) {
    this.#resources = new SchemaResources(root);
    // All that can be reached is made now, so that what is wrong anywhere is found here.
    this.#make([{ schema: root, resource: this.#resources.root }, ...this.#resources.dynamicTargets()]);
  }

  #make(targets: readonly Target[]): void {
    const pending = targets.map((target) => this.#node(target));
    const made = new Set(pending);
    for (let node = pending.pop(); node !== undefined; node = pending.pop())
      for (const next of node.make()) if (!made.has(next) && made.add(next)) pending.push(next);
  }

  errors(value: unknown, schema: JsonSchema = this.#resources.root.root): readonly ErrorObject[] {
    const resource = this.#resources.locations.get(schema)?.resource ?? this.#resources.root;
    const node = this.#node({ schema, resource });
    const run: Run = { errors: null, scope: { resource: this.#resources.root, outer: null } };
    if (node.evaluate(value, "", run, null)) return [];
    const errors: ErrorObject[] = [];
    run.errors = errors;
    node.evaluate(value, "", run, null);
    return errors;
  }

  #node({ schema, resource }: Target): Node {
    if (typeof schema === "boolean") return new Node({ schema, resource }, () => (schema ? [] : [nothing]));
    const known = this.#nodes.get(schema);
    if (known !== undefined) return known;
    const node = new Node({ schema, resource }, (inner) => this.#checks(schema, resource, inner));
    this.#nodes.set(schema, node);
    return node;
  }

  #checks(schema: JsonSchema, resource: Resource, met: (node: Node) => Node): Check[] {
    const rules = this.#resources.rulesOf(resource) ?? standardRules["2020-12"];
    const inner = (given: unknown): Evaluable => {
      const within = (isSchema(given) ? this.#resources.locations.get(given)?.resource : undefined) ?? resource;
      return met(this.#node({ schema: given as JsonSchema | boolean, resource: within }));
    };
    const follow = (target: Target): Node => met(this.#node(target));
    const building: Building = { schema, rules, inner };
    const references = [this.#reference(schema, resource, follow), this.#dynamic(schema, resource, rules, follow)];
    const checks = isHiddenByReference(schema, rules)
      ? references
      : [...references, ...makersOf(rules).map((make) => make(building))];
    // The house closes objects of draft-07 by the newer draft's keyword, also beside a reference.
    if (rules.draft === "draft-07" && schema["unevaluatedProperties"] === false) checks.push(unevaluatedProperties(building));
    return checks.filter((check) => check !== null);
  }

  #reference({ $ref }: JsonSchema, resource: Resource, follow: (target: Target) => Node): Check | null {
    if (typeof $ref !== "string") return null;
    const node = follow(this.#target($ref, resource));
    return (value, path, run, seen) => node.evaluate(value, path, run, seen);
  }

  /** Leads to the outermost schema on the way here that has the name, if the first one that it finds is a dynamic one. */
  #dynamic({ $dynamicRef }: JsonSchema, resource: Resource, rules: DialectRules, follow: (target: Target) => Node): Check | null {
    if (typeof $dynamicRef !== "string" || rules.draft === "draft-07") return null;
    const first = this.#target($dynamicRef, resource);
    const node = follow(first);
    const name = $dynamicRef.slice($dynamicRef.indexOf("#") + 1);
    if (!isSchema(first.schema) || first.resource.dynamicAnchors.get(name) !== first.schema)
      return (value, path, run, seen) => node.evaluate(value, path, run, seen);
    return (value, path, run, seen) => {
      let found: Node = node;
      for (let scope: Scope | null = run.scope; scope !== null; scope = scope.outer) {
        const schema = scope.resource.dynamicAnchors.get(name);
        if (schema !== undefined) found = this.#node({ schema, resource: scope.resource });
      }
      return found.evaluate(value, path, run, seen);
    };
  }

  #target(reference: string, from: Resource): Target {
    const target = this.#resources.resolve(reference, from);
    if (target === undefined) throw new Error(`refers to ${JSON.stringify(reference)}, which is not there`);
    return target;
  }
}

/** A schema, made into checks when it is first met. */
class Node implements Evaluable {
  readonly schema: JsonSchema | boolean;
  readonly #resource: Resource;
  readonly #build: (met: (node: Node) => Node) => Check[];
  readonly #asks: boolean;
  #checks: Check[] | null = null;

  constructor({ schema, resource }: Target, build: (met: (node: Node) => Node) => Check[]) {
    this.schema = schema;
    this.#resource = resource;
    this.#build = build;
    this.#asks = asksWhatIsSeen(schema);
  }

  /** Makes the checks, and tells the schemas that they lead to. */
  make(): Node[] {
    const met: Node[] = [];
    this.#checks = this.#build((node) => (met.push(node), node));
    return met;
  }

  evaluate(value: unknown, path: string, run: Run, seen: Seen | null): boolean {
    if (this.#checks === null) this.make();
    const { scope } = run;
    if (scope.resource !== this.#resource) run.scope = { resource: this.#resource, outer: scope };
    const own = this.#asks ? new Seen() : seen;
    let passed = true;
    for (const check of this.#checks as Check[]) {
      if (check(value, path, run, own)) continue;
      passed = false;
      if (run.errors === null) break;
    }
    run.scope = scope;
    if (passed && seen !== null && own !== null && own !== seen) seen.add(own);
    return passed;
  }
}

const nothing: Check = (value, path, run) =>
  refused(run, { schema: {} }, "false schema", value, path, {}, "boolean schema is false");

/** In draft-07 a reference stands alone: what is beside it means nothing. */
function isHiddenByReference(schema: JsonSchema, { draft }: DialectRules): boolean {
  return draft === "draft-07" && typeof schema["$ref"] === "string";
}

type Maker = (building: Building) => Check | null;

function makersOf(rules: DialectRules): Maker[] {
  return [
    ...(rules.uses("validation") ? [...validationKeywords, ...memberRules, uniqueItems] : []),
    ...(rules.uses("format") ? [formatKeyword] : []),
    ...(rules.uses("applicator") ? [...branchKeywords, ...objectApplicators, ...arrayApplicators] : []),
    ...(rules.uses("unevaluated") && rules.draft !== "draft-07" ? [unevaluatedItems, unevaluatedProperties] : []),
  ];
}
