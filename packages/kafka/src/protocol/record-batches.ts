import { compressionsAlgorithmsByBitmask } from "@platformatic/kafka";
import { kafkaError } from "../errors/index.ts";
import type { AbortedTransaction } from "./fetch-request.ts";
import { KafkaRecord, type RecordPlace } from "./kafka-record.ts";
import { VarintReader } from "./varints.ts";

const headBytes = 61;
const compressionBits = 0b111;
const logAppendTimeBit = 1 << 3;
const transactionalBit = 1 << 4;
const controlBit = 1 << 5;
const abortMarker = 0;

export interface FetchedBytes {
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
  /** Records before it are not asked for: a batch is fetched whole. */
  readonly fromOffset: number;
}

/**
 * The records of fetched batches, read one by one as they are wanted. Control records and those of aborted transactions are left
 * out; `nextOffset` counts them, and the gaps that compaction left.
 */
export class RecordBatches {
  readonly #place: RecordPlace;
  readonly #bytes: Buffer;
  readonly #fromOffset: number;
  readonly #aborted: AbortedTransaction[];
  readonly #aborting = new Set<bigint>();
  #at = 0;
  #nextOffset: number;
  // The batch that is being read.
  #reader: VarintReader | null = null;
  #left = 0;
  #baseOffset = 0;
  #lastOffset = 0;
  #baseTimestampMs = 0;
  #appendTimeMs: number | null = null;

  constructor(place: RecordPlace, { bytes, aborted, fromOffset }: FetchedBytes) {
    this.#place = place;
    this.#bytes = bytes;
    this.#fromOffset = fromOffset;
    this.#nextOffset = fromOffset;
    this.#aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Bytes not read yet. */
  get remainingBytes(): number {
    return Math.max(0, this.#bytes.length - this.#at);
  }

  /** Whether everything was read. */
  get isDone(): boolean {
    return this.#left === 0 && !this.#hasWholeBatch(this.#at);
  }

  /** The offset of the last record in the whole batches, read or not; the one before `nextOffset` when there is none. */
  lastOffset(): number {
    let last = this.#nextOffset - 1;
    for (let at = this.#at; this.#hasWholeBatch(at); at += 12 + this.#bytes.readInt32BE(at + 8))
      last = Number(this.#bytes.readBigInt64BE(at)) + this.#bytes.readInt32BE(at + 23);
    return last;
  }

  /** The brokers may cut the last batch of a response. */
  #hasWholeBatch(at: number): boolean {
    return at + headBytes <= this.#bytes.length && at + 12 + this.#bytes.readInt32BE(at + 8) <= this.#bytes.length;
  }

  /** Nothing before it, from `fromOffset` on, is still to come. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Up to `most` records with an offset below `toOffset`. Empty when there are no more. */
  read(most: number, toOffset = Number.POSITIVE_INFINITY): KafkaRecord[] {
    const records: KafkaRecord[] = [];
    while (records.length < most && this.#nextOffset < toOffset) {
      if (this.#left === 0 && !this.#nextBatch()) break;
      const reader = this.#reader as VarintReader;
      while (this.#left > 0 && records.length < most) {
        const record = this.#readRecord(reader);
        if (record.offset >= toOffset) return records;
        if (record.offset >= this.#fromOffset) records.push(record);
        this.#nextOffset = Math.max(this.#nextOffset, record.offset + 1);
      }
      if (this.#left === 0) this.#endBatch();
    }
    this.#skipUnseen();
    return records;
  }

  /** What follows without a record for us belongs to what was read: whoever goes on after it misses nothing. */
  #skipUnseen(): void {
    while (this.#left === 0 && this.#hasWholeBatch(this.#at)) {
      const attributes = this.#bytes.readInt16BE(this.#at + 21);
      const isEmpty = this.#bytes.readInt32BE(this.#at + 57) === 0;
      if (!isEmpty && (attributes & controlBit) === 0 && (attributes & transactionalBit) === 0) return;
      const at = this.#at;
      if (!this.#enterBatch()) return;
      if (this.#left > 0) {
        this.#at = at;
        this.#left = 0;
        return;
      }
    }
  }

  /** Goes to the next batch that has records for us. */
  #nextBatch(): boolean {
    while (this.#enterBatch()) if (this.#left > 0) return true;
    return false;
  }

  #enterBatch(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    if (!this.#hasWholeBatch(start)) return false;
    const end = start + 12 + bytes.readInt32BE(start + 8);
    const magic = bytes.readInt8(start + 16);
    this.#baseOffset = Number(bytes.readBigInt64BE(start));
    if (magic !== 2) throw this.#unreadable(`they have the old format ${magic}, which brokers from version 4 on do not write`);
    const attributes = bytes.readInt16BE(start + 21);
    this.#lastOffset = this.#baseOffset + bytes.readInt32BE(start + 23);
    this.#baseTimestampMs = Number(bytes.readBigInt64BE(start + 27));
    this.#appendTimeMs = (attributes & logAppendTimeBit) === 0 ? null : Number(bytes.readBigInt64BE(start + 35));
    const producerId = bytes.readBigInt64BE(start + 43);
    const count = bytes.readInt32BE(start + 57);
    this.#at = end;
    if (!this.#isWanted(attributes, producerId, start) || count === 0 || this.#lastOffset < this.#fromOffset) {
      this.#endBatch();
      return true;
    }
    this.#left = count;
    this.#reader = this.#open(attributes & compressionBits, start + headBytes, end);
    return true;
  }

  #endBatch(): void {
    this.#left = 0;
    this.#nextOffset = Math.max(this.#nextOffset, this.#lastOffset + 1);
  }

  /** No control records, and nothing of transactions that were aborted. */
  #isWanted(attributes: number, producerId: bigint, start: number): boolean {
    if ((attributes & transactionalBit) === 0) return (attributes & controlBit) === 0;
    while (this.#aborted[0] !== undefined && this.#aborted[0].firstOffset <= this.#lastOffset)
      this.#aborting.add((this.#aborted.shift() as AbortedTransaction).producerId);
    if ((attributes & controlBit) === 0) return !this.#aborting.has(producerId);
    if (this.#controlType(start) === abortMarker) this.#aborting.delete(producerId);
    return false;
  }

  /** The key of a control record is a version and a type, two bytes each. */
  #controlType(start: number): number {
    const reader = new VarintReader(this.#bytes, start + headBytes);
    reader.int(); // length
    reader.at += 1; // attributes
    reader.long(); // timestamp
    reader.int(); // offset
    reader.int(); // length of the key
    return this.#bytes.readInt16BE(reader.at + 2);
  }

  #open(compression: number, start: number, end: number): VarintReader {
    if (compression === 0) return new VarintReader(this.#bytes, start);
    const algorithm = compressionsAlgorithmsByBitmask[compression];
    if (algorithm === undefined) throw this.#unreadable(`compression ${compression} is not known`);
    try {
      return new VarintReader(algorithm.decompressSync(this.#bytes.subarray(start, end)), 0);
    } catch (error) {
      throw this.#unreadable(`they cannot be decompressed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #readRecord(reader: VarintReader): KafkaRecord {
    const length = reader.int();
    const end = reader.at + length;
    if (length <= 0 || end > reader.bytes.length) throw this.#unreadable("a record is longer than its batch");
    reader.at += 1; // attributes
    const timestampMs = this.#appendTimeMs ?? this.#baseTimestampMs + reader.long();
    if (this.#appendTimeMs !== null) reader.long();
    const offset = this.#baseOffset + reader.int();
    const { bytes } = reader;
    const key = readNullable(reader);
    const value = readNullable(reader);
    const record = new KafkaRecord(this.#place, offset, timestampMs, bytes, key, value, reader.at);
    reader.at = end;
    this.#left -= 1;
    return record;
  }

  #unreadable(what: string): Error {
    const { topic, partition } = this.#place;
    return kafkaError("KAFKA_RECORDS_UNREADABLE", { topic, partition, offset: this.#baseOffset, what });
  }
}

function readNullable(reader: VarintReader): Uint8Array | null {
  const length = reader.int();
  if (length < 0) return null;
  const start = reader.at;
  reader.at += length;
  return reader.bytes.subarray(start, reader.at);
}
