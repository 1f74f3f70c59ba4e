const danish = new Intl.NumberFormat("da-DK", { style: "currency", currency: "DKK" });
const plain = new Intl.NumberFormat("da-DK", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  useGrouping: false,
});

/** Øre as a shop in Denmark writes it: 8450 → "84,50 kr." */
export function kroner(ore: number): string {
  return danish.format(ore / 100);
}

/** Øre for an input field: 8450 → "84,50". */
export function kronerInput(ore: number): string {
  return plain.format(ore / 100);
}

/** What a person typed, in øre: "84,5", "84.50" or "84". Undefined when it is no amount above nothing. */
export function oreTyped(text: string): number | undefined {
  const parts = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (!parts) return undefined;
  const ore = Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
  return ore > 0 ? ore : undefined;
}
