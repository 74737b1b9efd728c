/**
 * Packets of a Perfetto trace, in its own format: TracePackets with TrackEvents, in nanoseconds. Not the JSON format of Chrome,
 * which Perfetto keeps as a legacy, reads as microseconds in floating point, and takes far more bytes for. Names and texts that
 * come again are interned: written once, then referred to by number. Sources: the numbers of fields are Perfetto's own
 * (protos/perfetto/trace: trace_packet, track_event/*, interned_data), how they are used is docs/reference/synthetic-track-event.md.
 */
import { Wire } from './wire';

const TRACE = { packet: 1 } as const;
const PACKET = { timestamp: 8, sequence: 10, event: 11, interned: 12, flags: 13, track: 60 } as const;
const FLAGS = { cleared: 1, needsInterned: 2 } as const;
const TRACK = { uuid: 1, name: 2, parent: 5, counter: 8, ordering: 11, rank: 12, description: 14 } as const;
const EXPLICIT = 3;
const COUNTER = { unitName: 6 } as const;
const EVENT = {
  annotations: 4,
  type: 9,
  name: 10,
  track: 11,
  counter: 44,
  flows: 47,
  endingFlows: 48,
} as const;
const TYPE = { begin: 1, end: 2, counter: 4 } as const;
const ANNOTATION = { name: 1, whole: 4, double: 5, text: 6, internedText: 17 } as const;
/** The tables of interned texts: of names of slices, of names of annotations, of their values. */
const INTERNED = { names: 2, annotations: 3, texts: 29 } as const;
const ENTRY = { number: 1, text: 2 } as const;

/** All packets are of one writer. */
const SEQUENCE = 1;
/** Texts that are interned at most, and bytes of a chunk at least: both bound the memory that writing takes. */
const MOST_TEXTS = 200_000;
const CHUNK = 1 << 16;

export interface TrackDescription {
  readonly name: string;
  /** Shown when its help is asked for. */
  readonly description: string;
  /** Of a counter: what it counts. */
  readonly unit?: string;
}

/** What an event says besides its name and its time. */
export type Annotation = readonly [name: string, value: string | number];

export interface Slice {
  readonly track: number;
  readonly name: string;
  /** Whole ns. */
  readonly from: number;
  readonly to: number;
  readonly annotations: Iterable<Annotation>;
  /** Numbers of arrows from it, and to it; an arrow must go to what begins later. */
  readonly arrowsOut?: Iterable<number>;
  readonly arrowsIn?: Iterable<number>;
}

type Table = keyof typeof INTERNED;

export class Packets {
  readonly #wire = new Wire();
  readonly #numbers: Readonly<Record<Table, Map<string, number>>> = {
    names: new Map(),
    annotations: new Map(),
    texts: new Map(),
  };
  /** Interned since the packet began. */
  readonly #fresh: { readonly table: Table; readonly number: number; readonly text: string }[] = [];
  #tracks = 0;
  #begun = false;

  /** A track within another, after those that it has, or one with none around it. Gives its number. */
  track({ name, description, unit }: TrackDescription, parent?: number): number {
    const uuid = ++this.#tracks;
    const wire = this.#wire;
    this.#packet();
    wire.begin(PACKET.track);
    wire.whole(TRACK.uuid, uuid);
    wire.text(TRACK.name, name);
    wire.text(TRACK.description, description);
    if (parent === undefined) wire.whole(TRACK.ordering, EXPLICIT);
    else {
      wire.whole(TRACK.parent, parent);
      wire.whole(TRACK.rank, uuid);
    }
    if (unit !== undefined) {
      wire.begin(TRACK.counter);
      wire.text(COUNTER.unitName, unit);
      wire.end();
    }
    wire.end();
    wire.end();
    return uuid;
  }

  /** Something that goes on for a time. */
  slice({ track, name, from, to, annotations, arrowsOut = [], arrowsIn = [] }: Slice): void {
    const wire = this.#wire;
    this.#event(track, from, TYPE.begin);
    wire.whole(EVENT.name, this.#number('names', name) ?? 0);
    for (const arrow of arrowsOut) wire.fixed64(EVENT.flows, arrow);
    for (const arrow of arrowsIn) wire.fixed64(EVENT.endingFlows, arrow);
    for (const annotation of annotations) this.#annotation(annotation);
    this.#endEvent();
    this.#event(track, to, TYPE.end);
    this.#endEvent();
  }

  /** What a counter is from a time on. */
  count(track: number, time: number, value: number): void {
    this.#event(track, time, TYPE.counter);
    this.#wire.double(EVENT.counter, value);
    this.#endEvent();
  }

  /** What is written so far, once it is worth handing on. */
  *chunk(): Generator<Uint8Array> {
    if (this.#wire.length >= CHUNK) yield this.#wire.take();
  }

  *rest(): Generator<Uint8Array> {
    if (this.#wire.length > 0) yield this.#wire.take();
  }

  #packet(): void {
    const wire = this.#wire;
    wire.begin(TRACE.packet);
    wire.whole(PACKET.sequence, SEQUENCE);
    wire.whole(PACKET.flags, FLAGS.needsInterned + (this.#begun ? 0 : FLAGS.cleared));
    this.#begun = true;
  }

  #event(track: number, time: number, type: number): void {
    const wire = this.#wire;
    this.#packet();
    wire.whole(PACKET.timestamp, time);
    wire.begin(PACKET.event);
    wire.whole(EVENT.type, type);
    wire.whole(EVENT.track, track);
  }

  #endEvent(): void {
    const wire = this.#wire;
    wire.end();
    if (this.#fresh.length > 0) {
      wire.begin(PACKET.interned);
      for (const { table, number, text } of this.#fresh) {
        wire.begin(INTERNED[table]);
        wire.whole(ENTRY.number, number);
        wire.text(ENTRY.text, text);
        wire.end();
      }
      wire.end();
      this.#fresh.length = 0;
    }
    wire.end();
  }

  #annotation([name, value]: Annotation): void {
    const wire = this.#wire;
    wire.begin(EVENT.annotations);
    wire.whole(ANNOTATION.name, this.#number('annotations', name) ?? 0);
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && value >= 0) wire.whole(ANNOTATION.whole, value);
      else wire.double(ANNOTATION.double, value);
    } else {
      const number = this.#number('texts', value, MOST_TEXTS);
      if (number === undefined) wire.text(ANNOTATION.text, value);
      else wire.whole(ANNOTATION.internedText, number);
    }
    wire.end();
  }

  /** The number of a text in its table, from 1; undefined when the table has no room for it. */
  #number(table: Table, text: string, most = Infinity): number | undefined {
    const numbers = this.#numbers[table];
    const known = numbers.get(text);
    if (known !== undefined || numbers.size >= most) return known;
    const number = numbers.size + 1;
    numbers.set(text, number);
    this.#fresh.push({ table, number, text });
    return number;
  }
}
