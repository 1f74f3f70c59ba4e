import { scannerCode } from "./code-128.ts";
import { svg } from "./svg.ts";

const quiet = 12;
const height = 40;

/** A code for the scanner itself, as a picture that stays sharp at any size. `label` says to a screen reader what it is for. */
export function scannerCodePicture(text: string, label: string): SVGSVGElement {
  let x = quiet;
  const bars: string[] = [];
  for (const [at, width] of scannerCode(text).entries()) {
    if (at % 2 === 0) bars.push(`M${x} 4h${width}v${height - 8}h-${width}z`);
    x += width;
  }
  const picture = svg("svg", {
    viewBox: `0 0 ${x + quiet} ${height}`,
    role: "img",
    "aria-label": label,
    class: "stripes",
  });
  picture.append(
    svg("rect", { width: String(x + quiet), height: String(height), fill: "#fff" }),
    svg("path", { d: bars.join(""), fill: "#000", "shape-rendering": "crispEdges" }),
  );
  return picture;
}
