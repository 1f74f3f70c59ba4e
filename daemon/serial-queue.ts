/** Does one piece of work after the other, in the order in which they are handed in. One that fails keeps none from the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `work` does. */
  run<Value>(work: () => Value | Promise<Value>): Promise<Value> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves when all that has been handed in so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
