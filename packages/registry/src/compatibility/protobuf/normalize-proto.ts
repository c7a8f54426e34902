import { clone } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** A file with everything in order whose order means nothing. Message types keep theirs: records on a log refer to it. */
export function normalizedProto(file: FileDescriptorProto): FileDescriptorProto {
  const copy = clone(FileDescriptorProtoSchema, file);
  const isPublic = new Set(file.publicDependency.map((index) => file.dependency[index]));
  const isWeak = new Set(file.weakDependency.map((index) => file.dependency[index]));
  copy.dependency = [...new Set(file.dependency)].toSorted();
  copy.publicDependency = [...copy.dependency.keys()].filter((index) => isPublic.has(copy.dependency[index]));
  copy.weakDependency = [...copy.dependency.keys()].filter((index) => isWeak.has(copy.dependency[index]));
  copy.optionDependency.sort();
  copy.messageType.forEach(orderMessage);
  copy.enumType.forEach(orderEnum);
  return copy;
}

function orderMessage(message: DescriptorProto): void {
  // The types of maps' entries stand among the others, in the order of the fields.
  const isFree =
    message.nestedType.every(({ options }) => options?.mapEntry === true) ||
    !message.nestedType.some(({ options }) => options?.mapEntry === true);
  if (isFree) message.field.sort((a, b) => a.number - b.number);
  message.reservedRange.sort((a, b) => a.start - b.start);
  message.reservedName.sort();
  message.extensionRange.sort((a, b) => a.start - b.start);
  message.nestedType.forEach(orderMessage);
  message.enumType.forEach(orderEnum);
}

function orderEnum(type: EnumDescriptorProto): void {
  // What comes first is what a field has that is absent.
  const [first] = type.value;
  type.value.sort((a, b) => (a === first ? -1 : b === first ? 1 : a.number - b.number || (a.name < b.name ? -1 : 1)));
  type.reservedRange.sort((a, b) => a.start - b.start);
  type.reservedName.sort();
}
