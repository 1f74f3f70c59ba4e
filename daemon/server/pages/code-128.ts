/**
 * Widths of bars and gaps in turn, by symbol value: ISO/IEC 15417, table 1. The last is the stop.
 */
const widths = (
  "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 123122 " +
  "123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 " +
  "131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 " +
  "213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 121124 121421 141122 " +
  "141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 " +
  "124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 " +
  "411131 211412 211214 211232 2331112"
).split(" ");
const fnc3 = 96;
const toControls = 101;
const startText = 104;
const stop = 106;
const space = 32;
const checkedBy = 103;

/**
 * The widths of bars and gaps of a Code 128 that is meant for the scanner itself (FNC3 first). Text in the printable half of ASCII, with
 * control characters at its end only.
 */
export function scannerCode(text: string): number[] {
  const printable = text.replace(/[\0-\u001f]+$/, "");
  const values = [startText, fnc3, ...Array.from(printable, (one) => one.charCodeAt(0) - space)];
  const controls = Array.from(text.slice(printable.length), (one) => one.charCodeAt(0) + 2 * space);
  if (controls.length > 0) values.push(toControls, ...controls);
  const check = values.reduce((sum, value, at) => sum + value * Math.max(1, at), 0) % checkedBy;
  return [...values, check, stop].flatMap((value) => Array.from(widths[value] ?? "", Number));
}
