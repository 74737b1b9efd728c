/** A queue of instructions by time; of equal times, the one that was put in first comes first, so that a simulation is deterministic. */
export class EventQueue {
  #times: Float64Array;
  #orders: Float64Array;
  #items: Int32Array;
  #size = 0;
  #put = 0;

  constructor(capacity = 1024) {
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#items = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** The time of the first; NaN when there is none. */
  get time(): number {
    return this.#size === 0 ? NaN : (this.#times[0] ?? NaN);
  }

  push(time: number, item: number): void {
    if (this.#size === this.#items.length) this.#grow();
    const order = this.#put++;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#times[parent] ?? 0;
      // Whatever is there was put in earlier.
      if (above <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, time, order, item);
  }

  /** Takes the first out. -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const item = this.#items[0] ?? -1;
    const last = --this.#size;
    const [time, order, moved] = [this.#times[last] ?? 0, this.#orders[last] ?? 0, this.#items[last] ?? 0];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      const below = this.#times[child] ?? 0;
      if (below > time || (below === time && (this.#orders[child] ?? 0) > order)) break;
      this.#move(child, at);
      at = child;
    }
    if (last > 0) this.#set(at, time, order, moved);
    return item;
  }

  #before(a: number, b: number): boolean {
    const [first, second] = [this.#times[a] ?? 0, this.#times[b] ?? 0];
    return first < second || (first === second && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0));
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#times[from] ?? 0, this.#orders[from] ?? 0, this.#items[from] ?? 0);
  }

  #set(at: number, time: number, order: number, item: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Int32Array>(from: T, into: T): T => {
      into.set(from);
      return into;
    };
    const capacity = 2 * this.#items.length;
    this.#times = grown(this.#times, new Float64Array(capacity));
    this.#orders = grown(this.#orders, new Float64Array(capacity));
    this.#items = grown(this.#items, new Int32Array(capacity));
  }
}
