import type { Break } from "../break.ts";

const tests = ["packages/core/test/adopted.test.ts"];

/** R3, R6 and R7 for records that are no CloudEvents. */
export const adoptionBreaks: readonly Break[] = [
  {
    name: "an adopted event known by its offset",
    rule: "R3",
    file: "packages/core/src/adoption/adopted-event.ts",
    find: "this.id = idIn(content, refuse)",
    replace: "this.id = `${idIn(content, refuse)}@${record.offset}`",
    tests,
  },
  {
    name: "what an edit made an event of forgotten under its place",
    rule: "R7",
    file: "packages/core/src/handling/outcome-book.ts",
    find: "!this.#setup.known.has(parked.eventKey)",
    replace: "false",
    tests,
  },
  {
    name: "the well-formed twin of a mended record not known",
    rule: "R3",
    file: "packages/core/src/handling/handler-transaction.ts",
    find: "|| this.#known.has(deliveryKey(delivery))",
    replace: "|| false",
    tests,
  },
  {
    name: "parked records of an adopted topic read as CloudEvents",
    rule: "R6",
    file: "packages/core/src/handling/delivery.ts",
    find: "const delivery = this.of(record);",
    replace: "const delivery = deliveryOfEvent(record);",
    tests,
  },
  {
    name: "an adopted topic created",
    rule: "R12",
    file: "packages/core/src/service/service-topics.ts",
    find: "if (scope.deliveries.isAdopted(topic)) return;",
    replace: "",
    tests,
  },
];
