import type { Guest } from "./guest.ts";

export const origin = "https://pos.example.com";
/** Of a customer of the simulator. In no log, as are the keys. */
export const phoneNumber = "4500000001";
const log = "/run/page.log";

/** What a till's surroundings do in the machine: MobilePay, the USB devices, the POS page. */
export class Till {
  readonly guest: Guest;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** MobilePay's stand-in, and the devices: what is outside of the till, before it and after it. */
  async surround(): Promise<void> {
    await this.#program("bank", "/stage/node /stage/dist/main.mjs simulator", "/run/bank.in");
    await this.#program("usb", "/stage/node /stage/usb.mjs", "/run/usb.in");
    await this.until("journalctl -u usb -o cat | grep -q 'plugged in'");
    await this.until("journalctl -u bank -o cat | grep -q 8460");
    await this.guest.must("udevadm settle");
  }

  /** What a device reads. */
  async read(device: "hid" | "serial" | "nfc", text: string): Promise<void> {
    await this.guest.must(`echo '${device} ${text}' > /run/usb.in`);
  }

  async startPage(token: string): Promise<void> {
    await this.guest.must(`(umask 077; echo '${token}' > /run/page.token); : > ${log}`);
    await this.#program("page", `/stage/node /stage/page.mjs ${origin} /run/page.token ${log}`, "/run/page.in");
    await this.seen('"state":"ready"', 0);
  }

  /** How much the page has written: what comes after it is new. */
  async mark(): Promise<number> {
    return Number(await this.guest.must(`wc -l < ${log}`));
  }

  /** Resolves with the first line after `mark` that has all of it. */
  async seen(text: string | readonly string[], mark: number, seconds = 30): Promise<string> {
    const filters = [text]
      .flat()
      .map((part) => `grep -F '${part}'`)
      .join(" | ");
    const found = `tail -n +${mark + 1} ${log} | ${filters} | head -n 1`;
    await this.until(`[ -n "$(${found})" ]`, seconds);
    return this.guest.must(found);
  }

  /** Resolves with the answer, as it was written. */
  async call(method: string, params: object): Promise<string> {
    const mark = await this.mark();
    await this.guest.must(`echo '${JSON.stringify({ method, params })}' > /run/page.in`);
    return this.seen(`"answered":"${method}"`, mark);
  }

  /** A sale that waits for the customer. Resolves with its reference at MobilePay. */
  async openPayment(paymentId: string, value = 4990): Promise<string> {
    const mark = await this.mark();
    const amount = { currency: "DKK", value };
    const customer = { by: "phone", phoneNumber };
    await this.call("payment.start", { paymentId, sale: { saleId: paymentId, total: amount }, amount, customer });
    const line = await this.seen([paymentId, '"state":"waitingForApproval"'], mark);
    return /"reference":"([^"]+)"/.exec(line)?.[1] ?? "";
  }

  /** The customer approves, and the page makes the receipt. */
  async pay(paymentId: string, reference: string): Promise<void> {
    const mark = await this.mark();
    await this.guest.must(`/stage/node /stage/approve.mjs ${reference}`);
    await this.seen([paymentId, '"state":"paid"'], mark);
    await this.call("payment.complete", { paymentId, receiptNumber: `receipt of ${paymentId}` });
    await this.seen([paymentId, '"state":"completed"'], mark);
  }

  /** Waits in the machine until the shell command says yes. Asks every so many seconds: asking takes time from what is waited for. */
  async until(command: string, seconds = 60, every = 0.3): Promise<void> {
    const { code } = await this.guest.run(
      `end=$(( $(cut -d. -f1 /proc/uptime) + ${seconds} ))
      until ${command}; do [ "$(cut -d. -f1 /proc/uptime)" -lt $end ] || exit 1; sleep ${every}; done`,
    );
    if (code !== 0) throw new Error(`not within ${seconds} s: ${command}`);
  }

  /** Milliseconds since the machine was switched on, by its own clock. */
  async now(): Promise<number> {
    return Number(await this.guest.must("cut -d' ' -f1 /proc/uptime")) * 1000;
  }

  /** A property of the service, as systemd has it. */
  async property(name: string): Promise<string> {
    return this.guest.must(`systemctl show tillbridge -p ${name} --value`);
  }

  /** When the service last became ready: milliseconds since the machine was switched on. */
  async readyAtMs(): Promise<number> {
    return Number(await this.property("ActiveEnterTimestampMonotonic")) / 1000;
  }

  /** Waits until a new process of the service is ready; resolves with when it was. */
  async readyAfter(atMs: number, seconds: number): Promise<number> {
    const properties = "-p ActiveState -p ActiveEnterTimestampMonotonic";
    await this.until(
      `systemctl show tillbridge ${properties} | sort -r | tr '\\n' ' ' |
        awk -F '[= ]' '{ exit !($2 == "active" && $4 > ${Math.round(atMs * 1000)}) }'`,
      seconds,
      1,
    );
    return this.readyAtMs();
  }

  async #program(name: string, command: string, input: string): Promise<void> {
    await this.guest.must(
      `rm -f ${input}; mkfifo -m 600 ${input}
      systemd-run --quiet --collect --setenv=XDG_CACHE_HOME=/run/outside --unit=${name} sh -c 'exec ${command} <>${input}'`,
    );
  }
}
