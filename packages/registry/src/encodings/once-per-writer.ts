import type { WriterSchema } from "throughline/seams";

/** Reads each writer's schema once, however many events were written with it. What cannot be read is tried again. */
export function oncePerWriter<Read extends object>(read: (writer: WriterSchema) => Read): (writer: WriterSchema) => Read {
  const known = new WeakMap<WriterSchema, Read>();
  return (writer) => {
    let found = known.get(writer);
    if (found === undefined) known.set(writer, (found = read(writer)));
    return found;
  };
}
