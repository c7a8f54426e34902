import type { ClusterPlan } from "./cluster-plan.ts";
import { unusedName } from "./unused-name.ts";

/** Resources of the provider Mongey/kafka. */
export function planAsTerraform({ topics, rights }: ClusterPlan): string {
  const names = new Set<string>();
  const resource = (type: string, name: string, lines: readonly string[]): string => {
    const label = unusedName(names, type, labelOf(name), "_");
    return [`resource "${type}" "${label}" {`, ...lines.map((line) => `  ${line}`), "}"].join("\n");
  };
  return `${[
    `terraform {\n  required_providers {\n    kafka = {\n      source = "Mongey/kafka"\n    }\n  }\n}`,
    ...topics.map(({ name, partitions, replicas, config }) =>
      resource("kafka_topic", name, [
        `name               = ${text(name)}`,
        `partitions         = ${partitions}`,
        `replication_factor = ${replicas}`,
        "config = {",
        ...Object.entries(config).map(([key, value]) => `  ${text(key)} = ${text(value)}`),
        "}",
      ]),
    ),
    ...rights.flatMap(({ service, principal, kind, name, operations }) =>
      operations.map((operation) =>
        resource("kafka_acl", `${service}_${kind}_${name}_${operation}`, [
          `acl_principal       = ${text(principal)}`,
          `acl_host            = "*"`,
          `acl_operation       = "${operation}"`,
          `acl_permission_type = "Allow"`,
          `resource_type       = "${kind === "topic" ? "Topic" : "Group"}"`,
          `resource_name       = ${text(name)}`,
        ]),
      ),
    ),
  ].join("\n\n")}\n`;
}

/** A label has letters, digits, hyphens and underscores. */
const labelOf = (name: string): string => name.replaceAll(/[^\w-]/g, "_").replace(/^(?=[^A-Za-z_])/, "_");

/** A string of HCL: JSON's escapes, and none of its templates. */
const text = (value: string): string => JSON.stringify(value).replaceAll(/[$%](?=\{)/g, "$&$&");
