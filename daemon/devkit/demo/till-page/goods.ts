/** A thing that the demo shop sells. Price in øre, VAT included. */
export interface Good {
  readonly ean: string;
  readonly name: string;
  readonly unit: string;
  readonly priceOre: number;
  readonly icon: string;
}

/** EANs from the range that shops may use as they like (20…): they are nobody's. */
export const assortment: readonly Good[] = [
  { ean: "2000000000114", name: "Filter coffee", unit: "large cup", priceOre: 2800, icon: "cup" },
  { ean: "2000000000121", name: "Cinnamon bun", unit: "fresh today", priceOre: 2450, icon: "bun" },
  { ean: "2000000000138", name: "Rye bread", unit: "900 g", priceOre: 3695, icon: "bread" },
  { ean: "2000000000145", name: "Whole milk", unit: "1 l", priceOre: 1495, icon: "milk" },
  { ean: "2000000000152", name: "Apple juice", unit: "33 cl", priceOre: 2200, icon: "apple" },
  { ean: "2000000000169", name: "Dark chocolate", unit: "100 g", priceOre: 3250, icon: "chocolate" },
  { ean: "2000000000176", name: "Eggs", unit: "10 pcs", priceOre: 3400, icon: "egg" },
  { ean: "2000000000183", name: "Tulips", unit: "a bunch", priceOre: 4900, icon: "tulip" },
];

export function goodOf(ean: string): Good | undefined {
  return assortment.find((good) => good.ean === ean);
}
