import { AssertionError } from "node:assert";

/** An assertion of the kit that does not hold; every test runner shows it, with the difference where there is one. */
export function kitFailure(
  message: string,
  difference?: { readonly actual: unknown; readonly expected: unknown },
): AssertionError {
  return new AssertionError({ message, ...difference, operator: "testService", stackStartFn: kitFailure });
}
