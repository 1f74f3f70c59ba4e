/** A HID device as the system lists it: one entry for each thing that it can be, several of them at one path. */
export interface HidDevice {
  readonly path: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly serialNumber?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  readonly usagePage?: number | undefined;
  readonly usage?: number | undefined;
}

const desktopPage = 0x01;
const keyboards = [0x06, 0x07];

export function isKeyboard({ usagePage, usage }: HidDevice): boolean {
  return usagePage === desktopPage && usage !== undefined && keyboards.includes(usage);
}
