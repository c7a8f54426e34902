import type { Break } from "../break.ts";

const failure = ["packages/control/test/whole-failure.test.ts"];
const events = ["packages/control/test/events-api.test.ts"];
const overview = ["packages/control/test/overview-api.test.ts"];

/** R9 and R15 as the control plane's answers keep them. */
export const controlReadBreaks: readonly Break[] = [
  {
    name: "who came and who may come told to everybody",
    rule: "R16",
    file: "packages/control/src/server/routes/audit-routes.ts",
    find: "{} : { without: ofAccess }",
    replace: "{} : { without: ofAccess.slice(0, 0) }",
    tests: ["packages/control/test/audit-api.test.ts"],
  },
  {
    name: "announcements of any form taken for what services say",
    rule: "R14",
    file: "packages/control/src/indexing/readable.ts",
    find: "return isAnnouncement(said);",
    replace: "return isAnnouncement(said) || said !== null;",
    tests: ["packages/control/test/hostile-log.test.ts"],
  },
  {
    name: "personal fields shown to whoever looks",
    rule: "R15",
    file: "packages/control/src/payload/payload-view.ts",
    find: "const isOpen = unmasked || personal?.length === 0;",
    replace: "const isOpen = unmasked || personal !== null;",
    tests: failure,
  },
  {
    name: "data shown of which nobody knows what is personal",
    rule: "R15",
    file: "packages/control/src/payload/payload-view.ts",
    find: "const isOpen = unmasked || personal?.length === 0;",
    replace: "const isOpen = unmasked || (personal?.length ?? 0) === 0;",
    tests: failure,
  },
  {
    name: "all of the data shown without the right",
    rule: "R15",
    file: "packages/control/src/server/payload-access.ts",
    find: 'if (unmasked) requireRight(actor, "payload",',
    replace: 'if (unmasked) requireRight(actor, "read",',
    tests: failure,
  },
  {
    name: "personal values found by guessing",
    rule: "R15",
    file: "packages/control/src/server/wanted-events.ts",
    find: "if (unmasked) return true;",
    replace: 'if (unmasked || sought !== "") return true;',
    tests: events,
  },
  {
    name: "numbers rounded where something is masked",
    rule: "R15",
    file: "packages/control/src/payload/exact-json.ts",
    find: "? exact.rawJSON(source) : value",
    replace: "? value : value",
    tests: failure,
  },
  {
    name: "a page of events goes on behind what it had read and not shown",
    rule: "R9",
    file: "packages/control/src/events/partition-window.ts",
    find: "const at = first === undefined ? this.#at :",
    replace: "const at = first !== null ? this.#at :",
    tests: events,
  },
  {
    name: "called normal by an index that does not know",
    rule: "R9",
    file: "packages/control/src/overview/normal.ts",
    find: "blind === null || !isNormal",
    replace: "blind === null || typeof isNormal === 'boolean'",
    tests: overview,
  },
  {
    name: "a redrive into the version that fails called safe",
    rule: "R7",
    file: "packages/control/src/overview/safe-to-do.ts",
    find: "if (failing.length > 0)",
    replace: "if (failing.length > running.length)",
    tests: overview,
  },
  {
    name: "problems shown to who may not see their service",
    rule: "R15",
    file: "packages/control/src/overview/overview.ts",
    find: "    facts.isSeen(service),",
    replace: '    facts.isSeen(service) || service !== "",',
    tests: overview,
  },
  {
    name: "what somebody has taken on still leads",
    rule: "R17",
    file: "packages/control/src/overview/overview.ts",
    find: "Number(a.acknowledged !== null) - Number(b.acknowledged !== null) ||",
    replace: "",
    tests: overview,
  },
];
