/** Two names may become one where a format lacks some of their characters: the second one then has a number. */
export function unusedName(taken: Set<string>, kind: string, plain: string, separator: "_" | "-"): string {
  let name = plain;
  for (let n = 2; taken.has(`${kind} ${name}`); n++) name = `${plain}${separator}${n}`;
  taken.add(`${kind} ${name}`);
  return name;
}
