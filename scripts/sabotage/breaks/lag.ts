import type { Break } from "../break.ts";

const source = "packages/control/src";
const alarms = "packages/control/test/lag-alarms.test.ts";
const falseAlarms = "packages/control/test/lag-no-false-alarms.test.ts";
const truth = "packages/control/test/lag-truth.test.ts";
const store = "packages/control/test/lag-store.test.ts";
const http = "packages/control/test/alert-http.test.ts";

/** What wakes somebody for nothing, or lets them sleep. */
export const lagBreaks: readonly Break[] = [
  {
    name: "a paused handler raises an alarm",
    rule: "R10",
    file: `${source}/lag/incident.ts`,
    find: "const counting = record.partitions.filter(({ excuse }) => excuse === null);",
    replace: 'const counting = record.partitions.filter(({ excuse }) => excuse !== "dropped");',
    tests: [falseAlarms],
  },
  {
    name: "a pause ends an incident, and its end begins another",
    rule: "R10",
    file: `${source}/lag/incident.ts`,
    find: '({ excuse }) => excuse !== "dropped" && excuse !== "recreated"',
    replace: "({ excuse }) => excuse === null",
    tests: [falseAlarms],
  },
  {
    name: "what a group read is forgotten while it restarts",
    rule: "R10",
    file: `${source}/lag/observe-group.ts`,
    find: "subscribedNow(info) ?? before?.subscribed ?? null",
    replace: "subscribedNow(info)",
    tests: [falseAlarms],
  },
  {
    name: "an offset of a former topic counts in the new one",
    rule: "R10",
    file: `${source}/lag/observe-partition.ts`,
    find: "before.topicId === topicId ? before.formerSinceMs : nowMs",
    replace: "before.formerSinceMs",
    tests: [falseAlarms],
  },
  {
    name: "a group that is not listed once ends its incident",
    rule: "R10",
    file: `${source}/lag/observe-group.ts`,
    find: "const samplesUntilGone = 3;",
    replace: "const samplesUntilGone = 1;",
    tests: [falseAlarms],
  },
  {
    name: "a restart forgets what was told",
    rule: "R10",
    file: `${source}/lag/sqlite-lag-store.ts`,
    find: '"SELECT record FROM lag_group"',
    replace: '"SELECT record FROM lag_group WHERE 0"',
    tests: [falseAlarms],
  },
  {
    name: "whoever lost the lease writes all the same",
    rule: "R10",
    file: `${source}/lag/sqlite-lag-store.ts`,
    find: '?.["holder"] !== holder) return false;',
    replace: '?.["holder"] === "") return false;',
    tests: [store],
  },
  {
    name: "an incident ends as soon as it is at its limit again",
    rule: "R10",
    file: `${source}/lag/incident.ts`,
    find: "tooFar(stillRead, rule, rule.recoversBelow)",
    replace: "tooFar(stillRead, rule, 1)",
    tests: [alarms],
  },
  {
    name: "a silence keeps nothing back",
    rule: "R10",
    file: `${source}/lag/due-alerts.ts`,
    find: "if (isSilenced || !isOver)",
    replace: "if (!isOver)",
    tests: [alarms],
  },
  {
    name: "an incident that somebody acknowledged goes on to the next",
    rule: "R10",
    file: `${source}/lag/due-alerts.ts`,
    find: "(isAcknowledged && !isFirst)",
    replace: "(isAcknowledged && isFirst)",
    tests: [alarms],
  },
  {
    name: "a recovery overtakes its alert",
    rule: "R10",
    file: `${source}/lag/sqlite-lag-store.ts`,
    find: "before.number < it.number",
    replace: "before.number > it.number",
    tests: [alarms],
  },
  {
    name: "how long a group is behind is the age of a record that it has read",
    rule: "R10",
    file: `${source}/lag/record-ages.ts`,
    find: "lastRead !== null && lastRead.offset === placeOf(record) && isTime",
    replace: "lastRead !== null && isTime",
    tests: [truth],
  },
  {
    name: "a name that means the inside beside another address is reached",
    rule: "R10",
    file: `${source}/alerts/post-outside.ts`,
    find: "addresses.find(({ address }) => isInsideAddress(address))",
    replace: "addresses.slice(0, 1).find(({ address }) => isInsideAddress(address))",
    tests: [http],
  },
  {
    name: "an address of the inside that is written as IPv6 is reached",
    rule: "R10",
    file: `${source}/alerts/inside-addresses.ts`,
    find: "words[1] === 0xff9b",
    replace: "words[1] === 0xff9c",
    tests: [http],
  },
  {
    name: "an old webhook can be played again",
    rule: "R10",
    file: `${source}/alerts/webhook-signature.ts`,
    find: "`${id}.${seconds}.${body}`",
    replace: "`${id}.${body}${seconds.slice(0, 0)}`",
    tests: [http],
  },
];
