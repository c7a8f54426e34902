import type { ClusterPlan, Right } from "./cluster-plan.ts";

/** Commands of Kafka's own tools, for a shell: they create what does not exist, and may be run again. */
export function planAsAcls({ topics, rights }: ClusterPlan): string {
  const server = `--bootstrap-server "$BOOTSTRAP_SERVER" --command-config "$COMMAND_CONFIG"`;
  return [
    "#!/usr/bin/env bash",
    "# BOOTSTRAP_SERVER names a broker, COMMAND_CONFIG a file with the settings to connect as an administrator.",
    "set -euo pipefail",
    "",
    ...topics.map(({ name, partitions, replicas, config }) =>
      [
        `kafka-topics.sh ${server} --create --if-not-exists --topic ${quoted(name)}`,
        `--partitions ${partitions} --replication-factor ${replicas}`,
        ...Object.entries(config).map(([key, value]) => `--config ${quoted(`${key}=${value}`)}`),
      ].join(" "),
    ),
    "",
    ...[...Map.groupBy(rights, sameCommand).values()].map((together) =>
      [
        `kafka-acls.sh ${server} --add --allow-principal ${quoted(together[0]?.principal ?? "")}`,
        ...(together[0]?.operations ?? []).map((operation) => `--operation ${operation}`),
        ...together.map(({ kind, name }) => `--${kind} ${quoted(name)}`),
      ].join(" "),
    ),
    "",
  ].join("\n");
}

/** One command gives one user the same rights on several topics. */
const sameCommand = ({ principal, kind, operations }: Right): string => `${principal} ${kind} ${operations.join()}`;

const quoted = (text: string): string => (/^[\w.:=/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
