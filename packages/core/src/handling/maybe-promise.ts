/**
 * A value, or a promise of one. Between a record and its effect nearly everything is known at once where the store is embedded;
 * awaiting it all the same would cost each event more than its statements do.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value: at once, or when its promise fulfils. What `goOn` throws is thrown, or rejects. */
export function afterwards<T, Next>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<Next>): MaybePromise<Next> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}
