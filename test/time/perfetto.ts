/**
 * A reader of Perfetto traces that follows the rules by which trace_processor takes or drops what is in them: packets in order of
 * time, of equal times in that of the file; slices of a track that nest; arrows that begin before they end.
 */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const schema = protobuf.parse(readFileSync(new URL('perfetto.proto', import.meta.url), 'utf8'), {
  keepCase: true,
});
const TRACE = schema.root.lookupType('Trace');

interface Interned {
  readonly iid: number;
  readonly name: string;
}

interface Packet {
  readonly timestamp?: number;
  readonly trusted_packet_sequence_id?: number;
  readonly sequence_flags?: number;
  readonly track_descriptor?: {
    readonly uuid: number;
    readonly name: string;
    readonly parent_uuid?: number;
    readonly sibling_order_rank?: number;
    readonly child_ordering?: number;
    readonly description?: string;
    readonly counter?: { readonly unit_name: string };
  };
  readonly track_event?: {
    readonly type: number;
    readonly track_uuid: number;
    readonly name_iid?: number;
    readonly double_counter_value?: number;
    readonly flow_ids?: readonly number[];
    readonly terminating_flow_ids?: readonly number[];
    readonly debug_annotations?: readonly {
      readonly name_iid: number;
      readonly int_value?: number;
      readonly double_value?: number;
      readonly string_value?: string;
      readonly string_value_iid?: number;
    }[];
  };
  readonly interned_data?: {
    readonly event_names?: readonly Interned[];
    readonly debug_annotation_names?: readonly Interned[];
    readonly debug_annotation_string_values?: readonly Interned[];
  };
}

export interface ReadSlice {
  readonly track: string;
  readonly row: number;
  readonly name: string;
  readonly from: number;
  to: number;
  readonly says: Readonly<Record<string, string | number>>;
}

export interface ReadTrace {
  readonly slices: readonly ReadSlice[];
  /** Tracks that are drawn: rows of one name as one, in the order of their ranks. */
  readonly tracks: readonly string[];
  readonly arrows: readonly { readonly from: ReadSlice; readonly to: ReadSlice }[];
  /** [time, value] of each counter. */
  readonly counters: Readonly<Record<string, (readonly [number, number])[]>>;
  /** What the rules forbid. */
  readonly problems: readonly string[];
}

export function packetsOf(bytes: Uint8Array): Packet[] {
  const { packet = [] } = TRACE.toObject(TRACE.decode(bytes), { longs: Number }) as { packet?: Packet[] };
  return packet;
}

export const bytesOfChunks = (chunks: Iterable<Uint8Array>): Uint8Array => Buffer.concat([...chunks]);

/** The same bytes again: what the schema does not know would be missing, and no number was written in a longer form. */
export const encodedAgain = (bytes: Uint8Array): Uint8Array => TRACE.encode(TRACE.decode(bytes)).finish();

export function readTrace(packets: readonly Packet[]): ReadTrace {
  const problems: string[] = [];
  const names = new Map<number, string>();
  const keys = new Map<number, string>();
  const texts = new Map<number, string>();
  const tracks = new Map<number, NonNullable<Packet['track_descriptor']>>();
  packets.forEach(({ interned_data: interned = {}, sequence_flags: flags = 0, ...packet }, at) => {
    if (packet.trusted_packet_sequence_id !== 1) problems.push(`packet ${at} is of no writer`);
    if ((flags & 2) === 0 || ((flags & 1) === 1) !== (at === 0))
      problems.push(`packet ${at} has flags ${flags}`);
    for (const { iid, name } of interned.event_names ?? []) names.set(iid, name);
    for (const { iid, name } of interned.debug_annotation_names ?? []) keys.set(iid, name);
    for (const { iid, name } of interned.debug_annotation_string_values ?? []) texts.set(iid, name);
    const track = packet.track_descriptor;
    if (track === undefined) return;
    if (tracks.has(track.uuid)) problems.push(`two tracks ${track.uuid}`);
    if (track.parent_uuid !== undefined && tracks.get(track.parent_uuid)?.child_ordering !== 3) {
      problems.push(`track ${track.uuid} is in none that is ordered`);
    }
    tracks.set(track.uuid, track);
  });

  const slices: ReadSlice[] = [];
  const open = new Map<number, ReadSlice[]>();
  const leaving = new Map<number, ReadSlice>();
  const arrows: { from: ReadSlice; to: ReadSlice }[] = [];
  const counters: Record<string, (readonly [number, number])[]> = {};
  const inOrder = packets
    .flatMap(({ timestamp = NaN, track_event: event }) => (event === undefined ? [] : [{ timestamp, event }]))
    .sort((a, b) => a.timestamp - b.timestamp);
  for (const { timestamp, event } of inOrder) {
    const track = tracks.get(event.track_uuid);
    if (!Number.isSafeInteger(timestamp)) problems.push(`an event at ${timestamp}`);
    if (track === undefined) {
      problems.push(`an event of no track ${event.track_uuid}`);
      continue;
    }
    const stack = open.get(event.track_uuid) ?? [];
    open.set(event.track_uuid, stack);
    if (event.type === 4) {
      const value = event.double_counter_value ?? NaN;
      if (track.counter === undefined || !Number.isFinite(value))
        problems.push(`${track.name} counts ${value}`);
      (counters[track.name] ??= []).push([timestamp, value]);
    } else if (event.type === 2) {
      const slice = stack.pop();
      if (slice === undefined) problems.push(`an end of nothing on ${track.name}`);
      else slice.to = timestamp;
    } else {
      const says = (event.debug_annotations ?? []).map(({ name_iid: key, ...value }) => {
        const { int_value, double_value, string_value, string_value_iid: iid = 0 } = value;
        const given = int_value ?? double_value ?? string_value ?? texts.get(iid);
        if (given === undefined || (typeof given === 'number' && !Number.isFinite(given))) {
          problems.push(`${track.name} says ${String(given)}`);
        }
        return [keys.get(key) ?? problems.push('a value without a name'), given] as const;
      });
      const name = names.get(event.name_iid ?? 0);
      if (name === undefined) problems.push(`a slice without a name on ${track.name}`);
      if (stack.length > 0)
        problems.push(`${name ?? ''} overlaps ${stack.at(-1)?.name ?? ''} on ${track.name}`);
      const slice: ReadSlice = {
        track: track.name,
        row: event.track_uuid,
        name: name ?? '',
        from: timestamp,
        to: NaN,
        says: Object.fromEntries(says) as ReadSlice['says'],
      };
      slices.push(slice);
      stack.push(slice);
      for (const arrow of event.flow_ids ?? []) {
        if (leaving.has(arrow)) problems.push(`two arrows ${arrow}`);
        leaving.set(arrow, slice);
      }
      for (const arrow of event.terminating_flow_ids ?? []) {
        const from = leaving.get(arrow);
        leaving.delete(arrow);
        if (from === undefined) problems.push(`arrow ${arrow} ends before it begins`);
        else arrows.push({ from, to: slice });
      }
    }
  }
  for (const arrow of leaving.keys()) problems.push(`arrow ${arrow} ends nowhere`);
  for (const stack of open.values()) for (const { name } of stack) problems.push(`${name} has no end`);
  const ranked = [...tracks.values()].sort(
    (a, b) => (a.sibling_order_rank ?? 0) - (b.sibling_order_rank ?? 0),
  );
  return { slices, tracks: [...new Set(ranked.map(({ name }) => name))], arrows, counters, problems };
}
