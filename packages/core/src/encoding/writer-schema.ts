import type { WriterSchema } from "../seams/encoding.ts";
import type { RegistrySchemaReference, SchemaRegistry } from "../seams/schema-registry.ts";

/** A schema by its id, with the texts of all that it refers to, those that others need first. Null where the registry lacks one of them. */
export async function writerSchema(registry: SchemaRegistry, id: number): Promise<WriterSchema | null> {
  const found = await registry.byId(id);
  if (found === null) return null;
  const imports = new Map<string, string>();
  const follow = async (references: readonly RegistrySchemaReference[], above: readonly string[]): Promise<boolean> => {
    for (const { name, subject, version } of references) {
      if (imports.has(name) || above.includes(name)) continue;
      const referred = await registry.bySubject(subject, version);
      if (referred === null || !(await follow(referred.references ?? [], [...above, name]))) return false;
      imports.set(name, referred.schema);
    }
    return true;
  };
  if (!(await follow(found.references ?? [], []))) return null;
  return { schemaType: found.schemaType, schema: found.schema, imports: Object.fromEntries(imports) };
}
