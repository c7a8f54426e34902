import type { Header, LogRecord, NewRecord } from "throughline/seams";
import { seededRandom } from "../../examples/shop/driver/seeded-random.ts";

/** Names a record in what is compared; all else of it is as odd as a record can be. */
export const idHeader = "x-id";

/** Records that JSON, text or an object of headers would change: drawn from a seed. */
export function oddRecords(topic: string, count: number, seed: number): NewRecord[] {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  const oneOf = <T>(...choices: readonly (() => T)[]): T => choices[below(choices.length)]!();
  const digits = (length: number): string => Array.from({ length }, (_, n) => (n === 0 ? 1 + below(9) : below(10))).join("");
  const json = (): Buffer =>
    Buffer.from(
      oneOf(
        () => `{"id": ${digits(19)}, "min": -9223372036854775808}`,
        () => `{"huge": 1e400, "tiny": 1e-400, "zero": -0, "exact": 1.10}`,
        () => `{ "a" : 1 , "a" : ${digits(25)},\t"\\u0061":null }\n`,
        () => `\ufeff[${digits(17)}.${digits(20)}, "\\ud83d\\ude00 \\/ ü"]`,
        () => `{"__proto__": {"x": 1}, "toString": ${digits(16)}}`,
      ),
    );
  const value = (): Buffer | null =>
    oneOf<Buffer | null>(
      json,
      json,
      () => null,
      () => Buffer.alloc(0),
      () => bytes(below(200)),
      () => Buffer.from([0xff, 0xfe, 0]),
    );
  const key = (): Buffer | null =>
    oneOf<Buffer | null>(
      () => null,
      () => Buffer.alloc(0),
      () => bytes(1 + below(20)),
      () => Buffer.from(`ö-${below(50)}`),
    );
  const header = (): Header => [
    oneOf(
      () => "content-type",
      () => "x-trace",
      () => "X-Trace",
      () => "ümlaut",
      () => "__proto__",
      () => `h${below(5)}`,
    ),
    oneOf<Buffer | null>(
      () => null,
      () => Buffer.alloc(0),
      () => bytes(below(40)),
      () => Buffer.from("text"),
    ),
  ];
  return Array.from({ length: count }, (_, n) => {
    const headers = Array.from({ length: below(6) }, header);
    // Twice the same name, next to one another and apart.
    const twice = headers.length > 0 && random() < 0.5 ? [headers[0]!, ...headers, headers[0]!] : headers;
    return {
      topic,
      key: key(),
      value: value(),
      headers: twice.toSpliced(below(twice.length + 1), 0, [idHeader, Buffer.from(`r-${n}`)]),
    };
  });
}

const hex = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString("hex"));

/** Every byte of a record, to be compared. */
export const bytesOf = ({ key, value, headers }: Pick<LogRecord, "key" | "value" | "headers">): string =>
  JSON.stringify([hex(key), hex(value), headers.map(([name, bytes]) => [name, hex(bytes)])]);

export const idOf = ({ headers }: { readonly headers: readonly (readonly [string, Uint8Array | null])[] }): string =>
  Buffer.from(headers.find(([name]) => name === idHeader)![1]!).toString();
