import { Command, Option } from "commander";
import type { TopicInfo } from "throughline/seams";
import type { CliContext } from "../cli-context.ts";
import { usageError } from "../cli-errors.ts";
import { findServices, serviceRule } from "../dev/find-services.ts";
import { paintFor } from "../output/colours.ts";
import { collectPlans } from "../plans/collect-plans.ts";
import { type ClusterPlan, clusterPlan } from "../topics/cluster-plan.ts";
import { planAsAcls } from "../topics/plan-as-acls.ts";
import { planAsStrimzi } from "../topics/plan-as-strimzi.ts";
import { planAsTerraform } from "../topics/plan-as-terraform.ts";
import { planAsText, shortfalls } from "../topics/plan-as-text.ts";
import { type CommonOptions, eventsUrl, type Finish, newCommand, printJson, wholeNumber } from "./command.ts";

const formats = ["text", "acls", "terraform", "strimzi"] as const;

interface PlanOptions extends CommonOptions {
  readonly format: (typeof formats)[number];
  readonly compare?: boolean;
  readonly prefix?: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly setting: Readonly<Record<string, string>>;
  readonly principal: string;
  readonly cluster: string;
}

/** What concerns the topics of a cluster that somebody else looks after. */
export const topicsCommand = (context: CliContext, finish: Finish): Command =>
  new Command("topics").description("what services need of a Kafka cluster").addCommand(planCommand(context, finish));

function planCommand(context: CliContext, finish: Finish): Command {
  return newCommand("plan", "print the topics and the rights that services need, for who owns the cluster", [
    "topics plan ./services",
    "topics plan ./services --format terraform --prefix shop. > topics.tf",
    "topics plan ./services --format strimzi --cluster kafka | kubectl apply -f -",
    "topics plan ./services --compare --events kafka://localhost:9092",
  ])
    .argument("[folder]", "where the services are", "./services")
    .addOption(
      new Option("--format <format>", "acls: a script of kafka-topics.sh and kafka-acls.sh; terraform: for Mongey/kafka")
        .choices(formats)
        .default("text"),
    )
    .option("--compare", "look at the event log, too; exit code 1 when a topic is missing or not as planned")
    .option("--prefix <prefix>", "before every topic's name (default: THROUGHLINE_KAFKA_PREFIX, else none)")
    .option("--partitions <number>", "of a topic whose contracts say nothing", wholeNumber("--partitions", 1), 6)
    .option("--replicas <number>", "copies of each partition, where contracts say nothing", wholeNumber("--replicas", 1), 3)
    .option("--setting <name=value>", "one more setting of every topic; may be given several times", setting, {})
    .option("--principal <user>", "whom a service connects as; {service} stands for its name", "User:{service}")
    .option("--cluster <name>", "with strimzi: the Kafka resource", "kafka")
    .addHelpText(
      "after",
      `\nA service is ${serviceRule}, directly in the folder. Each is run up to its start, opens nothing, and tells its topics.\nTopics of three copies and more have min.insync.replicas=2, unless a --setting says otherwise.\n`,
    )
    .action(async (folder: string, options: PlanOptions) => {
      const { topicSettings } = await import("@throughline/kafka");
      const plan = clusterPlan(await collectPlans(context, await findServices(folder)), {
        ...options,
        prefix: prefixOf(context, options),
        settings: options.setting,
        configOf: topicSettings,
      });
      const existing = options.compare === true ? await topicsNow(context, options) : null;
      print(context, plan, options, existing);
      if (existing !== null && shortfalls(plan, existing).length > 0) finish(1);
    });
}

function print(
  context: CliContext,
  plan: ClusterPlan,
  options: PlanOptions,
  existing: ReadonlyMap<string, TopicInfo> | null,
): void {
  const { stdout, stderr } = context;
  if (options.json === true) {
    printJson(context, { ...plan, ...(existing === null ? {} : { shortfalls: shortfalls(plan, existing) }) });
    return;
  }
  if (options.format === "text")
    return stdout.write(planAsText(plan, existing, { paint: paintFor(stdout, context.env), columns: stdout.columns }));
  const written = {
    acls: planAsAcls,
    terraform: planAsTerraform,
    strimzi: (wanted: ClusterPlan) => planAsStrimzi(wanted, options),
  }[options.format](plan);
  stdout.write(written);
  // The file goes on to another program; what a person should know does not.
  for (const remark of plan.remarks) stderr.write(`${remark}\n`);
  for (const { topic, differences } of existing === null ? [] : shortfalls(plan, existing))
    stderr.write(`"${topic}": ${differences.join("; ")}\n`);
}

async function topicsNow(context: CliContext, options: PlanOptions): Promise<ReadonlyMap<string, TopicInfo>> {
  await using log = await context.openLog(eventsUrl(context, options), { topicPrefix: prefixOf(context, options) });
  return new Map((await log.topics()).map((topic) => [topic.name, topic]));
}

function prefixOf(context: CliContext, options: PlanOptions): string {
  const prefix = options.prefix ?? context.env["THROUGHLINE_KAFKA_PREFIX"] ?? "";
  if (!/^[a-zA-Z0-9._-]*$/.test(prefix))
    throw usageError(`--prefix takes letters, digits, dots, hyphens and underscores, not "${prefix}"`);
  return prefix;
}

function setting(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw usageError(`--setting takes name=value, as in --setting max.message.bytes=2000000, not "${text}"`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
