import { RegistryError } from "./registry-error.ts";

/** A registry subject: its name in its context. The default context is `.`. */
export interface SubjectName {
  readonly context: string;
  readonly name: string;
}

export const defaultContext = ".";

/** `:.context:name`, or a name of the default context (or of the one given). @throws RegistryError */
export function subjectNamed(text: string, context = defaultContext): SubjectName {
  const qualified = /^:(\.[^:]*):(.*)$/s.exec(text);
  const name = qualified === null ? text : (qualified[2] ?? "");
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name) || (name === "" && qualified === null))
    throw new RegistryError("INVALID_SUBJECT", { subject: text });
  return { context: qualified === null ? context : (qualified[1] ?? defaultContext), name };
}

/** As the API names it. */
export function written({ context, name }: SubjectName): string {
  return context === defaultContext ? name : `:${context}:${name}`;
}
