import { Script } from "node:vm";
import type { FailureDetail } from "throughline/seams";

/**
 * Fifty bugs in the handlers of five services, planted in code that really runs: stacks and messages are the engine's own. A deploy
 * moves the lines, the folder and the file's name, and awaits what it called before.
 */
export interface PlantedFailure {
  readonly bug: number;
  readonly service: string;
  readonly handler: string;
  readonly version: string;
  readonly error: FailureDetail;
}

type Draw = () => number;

/** What a bug does with the event `e`; `raise(Type, message, code)` throws. Two bugs of one handler differ by what a person would tell them apart by. */
interface Bug {
  readonly service: string;
  readonly handler: string;
  /** The function that fails; two bugs may stand in one. */
  readonly within: string;
  readonly code: string;
}

const bug = (service: string, handler: string, within: string, code: string): Bug => ({ service, handler, within, code });

export const bugs: readonly Bug[] = [
  bug("billing", "create-invoice", "priceOf", "e.missing.total"),
  bug("billing", "create-invoice", "priceOf", "e.missing.tax"),
  bug("billing", "create-invoice", "taxOf", "e.missing.tax"),
  bug("billing", "create-invoice", "taxOf", "raise('Error', `no tax rate for ${e.country} in ${e.year}`)"),
  bug(
    "billing",
    "create-invoice",
    "insertInvoice",
    `raise('DatabaseError', 'duplicate key value violates unique constraint "invoices_pkey"', '23505')`,
  ),
  bug(
    "billing",
    "create-invoice",
    "insertInvoice",
    `raise('DatabaseError', 'duplicate key value violates unique constraint "invoices_number_key"', '23505')`,
  ),
  bug(
    "billing",
    "create-invoice",
    "insertInvoice",
    `raise('DatabaseError', 'null value in column "currency" of relation "invoices" violates not-null constraint', '23502')`,
  ),
  bug(
    "billing",
    "cancel-invoice",
    "insertInvoice",
    `raise('DatabaseError', 'null value in column "currency" of relation "invoices" violates not-null constraint', '23502')`,
  ),
  bug("billing", "cancel-invoice", "findInvoice", "raise('NotFound', `invoice ${e.uuid} of order ${e.order} was not found`)"),
  bug("billing", "cancel-invoice", "findInvoice", "raise('NotFound', `customer ${e.name} has no account`)"),
  bug(
    "payments",
    "charge",
    "authorise",
    "raise('CardError', `card ending ${e.digits} was declined: insufficient funds`, 'CARD_DECLINED')",
  ),
  bug(
    "payments",
    "charge",
    "authorise",
    "raise('CardError', `card ending ${e.digits} was declined: expired on ${e.date}`, 'CARD_EXPIRED')",
  ),
  bug(
    "payments",
    "charge",
    "authorise",
    "raise('Timeout', `POST https://pay.example/v1/charges/${e.token} timed out after ${e.ms}ms`, 'ETIMEDOUT')",
  ),
  bug(
    "payments",
    "charge",
    "connect",
    "raise('Error', `connect ECONNREFUSED 10.0.${e.small}.${e.small}:${e.port}`, 'ECONNREFUSED')",
  ),
  bug("payments", "charge", "connect", "raise('Error', `getaddrinfo ENOTFOUND pay-${e.small}.example`, 'ENOTFOUND')"),
  bug("payments", "charge", "parseAnswer", "JSON.parse('<html>' + e.order)"),
  bug("payments", "charge", "parseAnswer", "JSON.parse('')"),
  bug("payments", "refund", "parseAnswer", "JSON.parse('')"),
  bug(
    "payments",
    "refund",
    "amountOf",
    "raise('RangeError', `refund of ${e.amount} is more than the ${e.amount2} that was paid`)",
  ),
  bug("payments", "refund", "amountOf", "BigInt(e.decimal)"),
  bug("notifications", "send-receipt", "render", "e.missing.email"),
  bug(
    "notifications",
    "send-receipt",
    "render",
    'raise(\'TemplateError\', `template "${e.word}" has no block for "${e.word2}"`)',
  ),
  bug("notifications", "send-receipt", "addressOf", "raise('InvalidAddress', `${e.email} is no address`)"),
  bug("notifications", "send-receipt", "deliver", "raise('SmtpError', `550 mailbox of ${e.email} is full`, 'EENVELOPE')"),
  bug(
    "notifications",
    "send-receipt",
    "deliver",
    "raise('SmtpError', `421 too many messages from ${e.ip}, try again at ${e.date}`, 'EENVELOPE')",
  ),
  bug(
    "notifications",
    "send-receipt",
    "retryDeliver",
    "e.depth > 0 ? self.retryDeliver({ ...e, depth: e.depth - 1 }) : e.notThere.call()",
  ),
  bug("notifications", "welcome", "render", "e.missing.email"),
  bug("notifications", "welcome", "greet", "raise('Error', `no greeting for ${e.name} of ${e.city}`)"),
  bug("notifications", "welcome", "greet", "raise('Error', `greeting too long: ${e.ms} characters`)"),
  bug("notifications", "welcome", "greet", "e.order.notAFunction()"),
  bug("shipping", "book", "weigh", "raise('RangeError', `weight ${e.decimal} kg of parcels [${e.list}] exceeds ${e.small} kg`)"),
  bug("shipping", "book", "weigh", "raise('RangeError', `volume ${e.decimal} l of parcels [${e.list}] exceeds ${e.small} l`)"),
  bug("shipping", "book", "carrierFor", "raise('Error', `no carrier to ${e.city}`)"),
  bug("shipping", "book", "carrierFor", "raise('Error', `no carrier on ${e.date}`)"),
  bug("shipping", "book", "label", "raise('HttpError', `GET ${e.url} answered 503`, 'HTTP_503')"),
  bug("shipping", "book", "label", 'raise(\'HttpError\', `label service: {"error":"${e.token}","request":"${e.uuid}"}`)'),
  bug("shipping", "book", "label", "null.pages"),
  bug("shipping", "track", "label", "null.pages"),
  bug("shipping", "track", "position", "e.order.toFixed(2)"),
  bug("shipping", "track", "position", "decodeURIComponent('%' + e.word)"),
  bug("search", "index-order", "documentOf", "e.missing.lines"),
  bug("search", "index-order", "documentOf", "e.missing.title"),
  bug(
    "search",
    "index-order",
    "documentOf",
    "raise('ValidationError', `/lines/${e.small}/price must be integer, not \"${e.word}\"`)",
  ),
  bug("search", "index-order", "documentOf", "raise('ValidationError', `/customer must have required property 'email'`)"),
  bug("search", "index-order", "documentOf", "raise('ValidationError', `/customer must have required property 'name'`)"),
  bug(
    "search",
    "index-order",
    "put",
    "raise('IndexError', `document ${e.token} conflicts\\nversion ${e.ms} of ${e.uuid}\\n    at shard ${e.small}`)",
  ),
  bug("search", "index-order", "put", "raise('IndexError', `disk of node es-${e.small} is full (${e.percent}%)`)"),
  bug("search", "index-order", "put", "new Array(-e.small)"),
  bug("search", "forget", "put", "raise('IndexError', `disk of node es-${e.small} is full (${e.percent}%)`)"),
  bug("search", "forget", "remove", "raise('IndexError', `nothing to remove for ${e.order}, ${e.order2}`)"),
];

const deploys = [
  { version: "2.0.0", file: (service: string) => `file:///app/src/${service}-handlers.ts`, moved: 3, async: false },
  { version: "2.1.0", file: (service: string) => `file:///app/src/${service}-handlers.ts`, moved: 57, async: false },
  {
    version: "2.2.0-rc.1",
    file: (service: string) => `/srv/releases/20260704T1200/dist/${service}-handlers.js`,
    moved: 211,
    async: true,
  },
];

/** Ten thousand or so failures, the later ones of later deploys. */
export async function plantedFailures(count: number, draw: Draw): Promise<PlantedFailure[]> {
  const built = deploys.map((deploy) =>
    bugs.map((planted) => handlerOf(planted, deploy.file(planted.service), deploy.moved, deploy.async)),
  );
  const failures: PlantedFailure[] = [];
  for (let n = 0; n < count; n++) {
    const deploy = Math.min(deploys.length - 1, Math.floor((n * deploys.length) / count));
    // Some bugs fail often, some hardly ever.
    const at = n < bugs.length ? n : Math.floor(draw() ** 1.5 * bugs.length);
    const { service, handler } = bugs[at]!;
    const error = await built[deploy]![at]!(eventOf(draw)).then(
      () => Promise.reject(new Error(`bug ${at} does not fail`)),
      (thrown: Error & { code?: string }) => thrown,
    );
    const { name, message, stack = null, code = null } = error;
    failures.push({ bug: at, service, handler, version: deploys[deploy]!.version, error: { name, code, message, stack } });
  }
  return failures;
}

/** The handler as a deploy has it: its code runs under a name, a line and a folder of its own. */
function handlerOf(planted: Bug, filename: string, moved: number, isAsync: boolean): (event: unknown) => Promise<unknown> {
  const word = isAsync ? "async " : "";
  const wait = isAsync ? "await null; " : "";
  const source = `(function () {
    const raise = (name, message, code) => { throw Object.assign(new Error(message), { name }, code === undefined ? {} : { code }); };
    const self = {
      ${word}${planted.within}(e) { ${wait}return ${planted.code}; },
      async handle(e) { const result = ${isAsync ? "await " : ""}self.${planted.within}(e); return result; },
    };
    return self.handle;
  })()`;
  return new Script(source, { filename, lineOffset: moved, columnOffset: moved % 7 }).runInThisContext() as ReturnType<
    typeof handlerOf
  >;
}

function eventOf(draw: Draw): Record<string, unknown> {
  const below = (most: number) => Math.floor(draw() * most);
  const pick = (...all: (string | number)[]): string | number => all[below(all.length)]!;
  const text = (letters: string, length: number) => Array.from({ length }, () => letters[below(letters.length)]).join("");
  const hex = (length: number) => text("0123456789abcdef", length);
  const word = () => text("abcdefghijklmnopqrstuvwxyz", 3 + below(9));
  const at = new Date(Date.UTC(2026, below(12), 1 + below(28), below(24), below(60), below(60)));
  const [first, last] = [pick("Anna", "Björn", "Chloé", "Dario", "Émile"), pick("Schmidt", "Øster", "Moreau", "Rossi", "Weiß")];
  return {
    uuid: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    order: pick(`o-${below(1e6)}`, `ORD-${below(1e4)}-${hex(4)}7`, String(below(1e8))),
    order2: `o-${below(1e6)}`,
    token: `tok_${text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12)}${below(10)}`,
    name: pick(first, `${first} ${last}`),
    city: pick("Berlin", "München", "New York", "São Paulo", "Saint-Denis"),
    country: text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2),
    year: 2020 + below(9),
    email: `${word()}.${word()}@${word()}.example`,
    ip: `${below(256)}.${below(256)}.${below(256)}.${below(256)}`,
    url: `https://labels.example/v${below(9)}/${word()}/${below(1e6)}?page=${below(9)}`,
    date: pick(at.toISOString(), at.toISOString().slice(0, 10), at.toUTCString(), String(at)),
    digits: String(1000 + below(9000)),
    ms: below(100_000),
    port: 1024 + below(60_000),
    small: 1 + below(250),
    percent: 90 + below(10),
    amount: pick(below(1e6), `${below(1000)}.${10 + below(90)}`, `€${below(1000)}`),
    amount2: below(1e6),
    decimal: `${below(1000)}.${1 + below(99)}`,
    list: Array.from({ length: 1 + below(5) }, () => below(1e5)).join(", "),
    word: word(),
    word2: word(),
    depth: below(6),
  };
}

/** How well groups match causes, over all pairs of failures: the harmonic mean of precision and recall. */
export function pairwiseF1(items: readonly { readonly truth: unknown; readonly group: unknown }[]): number {
  const pairs = (key: (item: (typeof items)[number]) => string): number => {
    const sizes = new Map<string, number>();
    for (const item of items) sizes.set(key(item), (sizes.get(key(item)) ?? 0) + 1);
    return [...sizes.values()].reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  };
  const both = pairs(({ truth, group }) => JSON.stringify([truth, group]));
  return (2 * both) / (pairs(({ truth }) => JSON.stringify(truth)) + pairs(({ group }) => JSON.stringify(group)));
}
