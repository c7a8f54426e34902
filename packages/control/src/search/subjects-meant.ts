const separators = ["-", "/", ":", "_", ".", ""];
/** Each costs a look at the index for every separator. */
const mostThings = 40;

/**
 * The subjects that somebody may mean who has a number in their hand and not how it is written: "order 4711" and "Order #4711" may be
 * `order-4711` or `order/4711`; a number alone is the number of whatever the log has a topic of. Best guesses first; empty for other texts.
 * @example subjectsMeant("Order #4711", []) // ["order-4711", "order/4711", …]
 * @param topics Their last words name things: `order` of `shop.orders`.
 */
export function subjectsMeant(text: string, topics: readonly string[]): string[] {
  const [, thing = "", number] = /^(\p{L}+)?[^\p{L}\d]*(\d[\w-]*)$/u.exec(text) ?? [];
  if (number === undefined) return [];
  const things = thing === "" ? [...new Set(topics.flatMap(thingsOf))].slice(0, mostThings) : spellings(thing);
  const bare = thing === "" && number !== text ? [number] : [];
  return [...new Set([...bare, ...things.flatMap((one) => separators.map((separator) => one + separator + number))])];
}

/** Topics of the system, and queues of letters, are of nothing that has a number. */
const thingsOf = (topic: string): string[] =>
  topic.startsWith("throughline.") || topic.endsWith(".dlt") ? [] : spellings(topic.split(".").at(-1)!);

const spellings = (thing: string): string[] => {
  const small = thing.toLowerCase();
  return [...new Set([thing, small, ...(small.endsWith("s") ? [small.slice(0, -1)] : [])])];
};
