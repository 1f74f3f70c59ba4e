/** How often something happened, by name. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(name: string, times = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + times);
  }

  addAll(counts: Iterable<readonly [string, number]>): void {
    for (const [name, times] of counts) this.add(name, times);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Those whose name begins with `kind` and a blank, without it. */
  kind(kind: string): [string, number][] {
    return [...this.counts]
      .filter(([name]) => name.startsWith(`${kind} `))
      .map(([name, times]): [string, number] => [name.slice(kind.length + 1), times]);
  }
}
