/**
 * Handlers that the store takes for one: each moves the cursor that the other reads, so that neither sees every event. It happens
 * when a former name is given to a new handler, after the renamed one has forgotten it.
 * @param registered With the id that the store knows each by.
 */
export function problemsOfSharedHistory(registered: readonly { readonly name: string; readonly id: number }[]): string[] {
  const byId = new Map<number, string>();
  const problems: string[] = [];
  for (const { name, id } of registered) {
    const other = byId.get(id);
    if (other === undefined) byId.set(id, name);
    else
      problems.push(
        `handlers "${other}" and "${name}" are one in the store, for one is a former name of the other; choose a new name`,
      );
  }
  return problems;
}
