import { openKafkaLog } from "@throughline/kafka";
import type { BenchRow } from "../bench-row.ts";
import { lagByHand } from "../by-hand/lag-by-hand.ts";
import { lagGroups, lagPartitions, timeOfLook } from "../lag-groups.ts";

export const lag: BenchRow = {
  name: "lag",
  covers: `How far every group is behind in each of ${lagPartitions} partitions (events: how many groups): groups, committed offsets and ends by the event log. By hand: the list of groups, one request for all of their offsets, one for the ends.`,
  unit: "ms",
  events: 200,
  rounds: 5,
  better: "less",
  async ours({ events, services }) {
    const { topic } = await lagGroups(services, events);
    await using log = await openKafkaLog((await services.kafka()).url);
    const figure = await timeOfLook(events * lagPartitions, async () => {
      const groups = (await log.groups()).filter(({ group }) => group.startsWith("watched-"));
      const [committed, offsets] = await Promise.all([
        Promise.all(groups.map(({ group }) => log.committedOffsets(group))),
        log.offsets(topic),
      ]);
      const ends = new Map(offsets.map(({ partition, end }) => [partition, end]));
      return committed.flat().map(({ partition, offset }) => (ends.get(partition) ?? 0) - offset).length;
    });
    return { figure };
  },
  peers: [{ name: "the bare admin calls", measure: lagByHand, times: 1.5 }],
};
