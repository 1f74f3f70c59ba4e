import type { Operation } from "../../daemon/devkit/simulator/faults.ts";
import type { SimulatedPayment } from "../../daemon/devkit/simulator/platform/payment.ts";
import type { Simulator } from "../../daemon/devkit/simulator/simulator.ts";
import { startSimulator } from "../../daemon/devkit/simulator/simulator.ts";
import { realWorld } from "../../daemon/world.ts";

/** What the customer does with the request on the phone, and how soon. */
export interface Customer {
  readonly does: "approve" | "refuse" | "nothing";
  readonly afterMs: number;
}

/** A request as MobilePay sees it: when it arrives nothing is done yet, when it is `done` the answer has not left. */
export interface Seen {
  readonly operation: Operation;
  readonly when: "arrived" | "done";
}

/** The number printed on the till's sticker. */
export const tagId = "123456789012345";

/** MobilePay's stand-in over real HTTP, its customers, and the truth about the money. */
export class Bank {
  readonly simulator: Simulator;
  /** Called in the midst of each request. */
  onRequest: (seen: Seen) => void = () => undefined;
  /** When a payment was last looked up or changed, milliseconds on this process's clock. */
  readonly answeredMs = new Map<string, number>();
  readonly #customers = new Map<string, Customer>();

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
    this.#watch();
  }

  static async open(): Promise<Bank> {
    return new Bank(await startSimulator({ world: realWorld() }));
  }

  get phoneNumber(): string {
    return this.#anyCustomer().phoneNumber;
  }

  get personalQr(): string {
    return this.#anyCustomer().personalQr;
  }

  #anyCustomer() {
    const [customer] = this.simulator.platform.customers.values();
    if (!customer) throw new Error("the simulator has customers");
    return customer;
  }

  /** To be said before the request can arrive. */
  expect(reference: string, customer: Customer): void {
    this.#customers.set(reference, customer);
  }

  payments(): readonly SimulatedPayment[] {
    return this.simulator.platform.payments.all();
  }

  find(reference: string): SimulatedPayment | undefined {
    return this.payments().find((payment) => payment.reference === reference);
  }

  /** The shop's portal, or MobilePay itself: takes back what is asked or reserved. Answers whether there was anything. */
  cancel(reference: string): boolean {
    const payment = this.find(reference);
    const isOpen =
      payment?.state === "CREATED" || (payment?.state === "AUTHORIZED" && payment.captured + payment.cancelled === 0);
    if (isOpen) this.simulator.platform.payments.cancel(reference, false);
    return isOpen;
  }

  act({ does }: Customer, reference: string): void {
    const { phone } = this.simulator.platform;
    if (!this.find(reference)) return;
    if (does === "approve") phone.approve(reference);
    if (does === "refuse") phone.refuse(reference);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  /** Between a request's arrival and its answer. */
  #watch(): void {
    const { faults, requests } = this.simulator;
    const next = faults.next.bind(faults);
    faults.next = (operation) => {
      this.onRequest({ operation, when: "arrived" });
      return next(operation);
    };
    const add = requests.add.bind(requests);
    requests.add = (record) => {
      add(record);
      const { operation, path, body, status } = record;
      if (operation === undefined) return;
      if (operation === "create" && status === 201) this.#ask(body);
      this.#note(path);
      this.onRequest({ operation, when: "done" });
    };
  }

  #note(path: string): void {
    const reference = /^\/epayment\/v1\/payments\/([^/]+)/.exec(path)?.[1];
    if (reference !== undefined) this.answeredMs.set(reference, performance.now());
  }

  #ask(body: string): void {
    const { reference } = JSON.parse(body) as { reference: string };
    const customer = this.#customers.get(reference);
    if (customer === undefined || customer.does === "nothing") return;
    setTimeout(() => this.act(customer, reference), customer.afterMs).unref();
  }
}
