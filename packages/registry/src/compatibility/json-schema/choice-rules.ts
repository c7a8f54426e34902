import type { Difference } from "../difference.ts";
import type { Known } from "./facts.ts";
import type { Prover } from "./prover.ts";
import type { SchemaNode } from "./schema-node.ts";

export function ofChoices(prover: Prover, known: Known, reader: SchemaNode, path: string, depth: number): readonly Difference[] {
  const { anyOf, oneOf, not, conditional } = reader;
  return [
    ...(anyOf === null ? [] : ofBranches(prover, known, reader, anyOf, path, depth)),
    ...(oneOf === null ? [] : ofOneBranch(prover, known, reader, oneOf, path, depth)),
    ...(not === null || prover.isEmpty(known.and([not]), depth)
      ? []
      : [
          prover.say.difference(
            "not_widened",
            path,
            reader,
            `is refused by "not" in ${prover.say.sides.reader}; ${prover.say.sides.writer} allows some of it`,
            "not",
          ),
        ]),
    ...(conditional === null
      ? []
      : [
          ...prover.differences(known.and([conditional.if]), conditional.then, path, depth),
          ...prover.differences(known.and([], [conditional.if]), conditional.else, path, depth),
        ]),
  ];
}

/** One branch that accepts all of it, or what the one that comes closest refuses. */
function ofBranches(
  prover: Prover,
  known: Known,
  reader: SchemaNode,
  branches: readonly SchemaNode[],
  path: string,
  depth: number,
): readonly Difference[] {
  let closest: readonly Difference[] | null = null;
  for (const branch of branches) {
    const found = prover.differences(known, branch, path, depth);
    if (found.length === 0) return [];
    if (closest === null || distance(found) < distance(closest)) closest = found;
  }
  const nearest = closest?.[0] === undefined ? "" : `: the closest one refuses it, for ${closest[0].message}`;
  return [
    prover.say.difference(
      "choice_narrowed",
      path,
      reader,
      `is accepted by none of the ${branches.length} choices of ${prover.say.sides.reader} in every case that ${prover.say.sides.writer} allows${nearest}`,
      reader.anyOf === branches ? "anyOf" : "oneOf",
    ),
  ];
}

/** That it is of another type, or another one of some values, says that the branch is not meant. */
function distance(found: readonly Difference[]): number {
  const others = found.filter(({ kind }) => kind === "type_narrowed" || kind === "values_narrowed" || kind === "refused");
  return found.length + 100 * others.length;
}

function ofOneBranch(
  prover: Prover,
  known: Known,
  reader: SchemaNode,
  branches: readonly SchemaNode[],
  path: string,
  depth: number,
): readonly Difference[] {
  const accepting = branches.filter((branch) => prover.differences(known, branch, path, depth).length === 0);
  for (const branch of accepting)
    if (branches.every((other) => other === branch || prover.isEmpty(known.and([other]), depth))) return [];
  if (accepting.length === 0) return ofBranches(prover, known, reader, branches, path, depth);
  return [
    prover.say.difference(
      "choice_ambiguous",
      path,
      reader,
      `may be accepted by more than one choice of "oneOf" in ${prover.say.sides.reader}, which then refuses it`,
      "oneOf",
    ),
  ];
}
