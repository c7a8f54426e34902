/** Which properties and items of one value the schemas that took it have looked at: what `unevaluated…` asks for. */
export class Seen {
  readonly properties = new Set<string>();
  /** The items before this one are seen. */
  items = 0;
  /** Others, by their index. */
  readonly some = new Set<number>();

  hasItem(index: number): boolean {
    return index < this.items || this.some.has(index);
  }

  add({ properties, items, some }: Seen): void {
    for (const name of properties) this.properties.add(name);
    for (const index of some) this.some.add(index);
    this.items = Math.max(this.items, items);
  }
}
