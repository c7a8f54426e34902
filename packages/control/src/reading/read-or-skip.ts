/**
 * Reads one record of a system topic, or null where its bytes are none of ours: anybody may write to a topic, and one
 * broken record must not keep a person from seeing the others.
 */
export function readOrSkip<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
