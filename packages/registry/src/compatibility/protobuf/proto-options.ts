import { create, type DescMessage, type Message, type Registry } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { mergeFromText, toText } from "@bufbuild/protobuf/txtpb";
import { SchemaInvalid } from "../schema-invalid.ts";
import type { OptionText } from "./parse-option.ts";

/** Whether it takes the definitions of extensions to understand an option. */
export function namesExtension({ path, isMessage, value }: OptionText): boolean {
  return path.some(({ isExtension }) => isExtension) || (isMessage && value.includes("["));
}

/**
 * Puts an option where descriptors have it.
 * @param fullName Of an extension that the option names.
 * @throws SchemaInvalid when there is no such option, or the value does not fit.
 */
export function addOption(option: OptionText, fullName: (name: string) => string, registry?: Registry): void {
  const { holder, schema, path, value, isMessage, place } = option;
  const names = path.map(({ name, isExtension }) => (isExtension ? `[${fullName(name)}]` : name));
  const last = names.pop() ?? "";
  const inside = `${last}${isMessage ? "" : ":"} ${value}`;
  const text = names.reduceRight((nested, name) => `${name} { ${nested} }`, inside);
  const options = (holder.options ??= create(schema)) as Message;
  try {
    mergeFromText(schema, options, text, registry === undefined ? {} : { registry });
  } catch (error) {
    const written = path.map(({ name, isExtension }) => (isExtension ? `(${name})` : name)).join(".");
    throw new SchemaInvalid(place, `has the option ${written}, which cannot be read: ${(error as Error).message}`);
  }
}

/** Options as they are written after the word `option`, or in brackets: `deprecated = true`. */
export function writtenOptions(schema: DescMessage, options: Message | undefined, place: string, registry: Registry): string[] {
  if (options === undefined) return [];
  const unknown = reflect(schema, options).getUnknown() ?? [];
  for (const { no } of unknown)
    if (registry.getExtensionFor(schema, no) === undefined)
      throw new SchemaInvalid(place, `has an option with the number ${no}, which nothing that is imported defines`);
  let lines: string[];
  try {
    lines = toText(schema, options, { registry }).split("\n");
  } catch (error) {
    // What comes in bytes may be damaged: extensions are read only now.
    throw new SchemaInvalid(place, `has options that cannot be read: ${(error as Error).message}`);
  }
  const found: string[] = [];
  for (const line of lines) {
    if (line === "") continue;
    const statement = /^(?:\[(?<extension>[^\]]+)\]|(?<name>\w+)): (?<value>.*)$/s.exec(line)?.groups;
    if (statement === undefined) found.push(`${found.pop() ?? ""} ${line.trim()}`);
    else {
      const { extension, name = "", value = "" } = statement;
      found.push(`${extension === undefined ? name : `(${extension})`} = ${value}`);
    }
  }
  return found;
}
