import { create } from "qrcode";
import { svg } from "./svg.ts";

/** A QR code as a picture that stays sharp at any size. `label` says to a screen reader what it is for. */
export function qrCode(content: string, label: string): SVGSVGElement {
  const { modules } = create(content, { errorCorrectionLevel: "M" });
  const quiet = 3;
  const size = modules.size + 2 * quiet;
  const picture = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, class: "qr" });
  const path = Array.from(modules.data, (dark, index) => {
    if (!dark) return "";
    const x = (index % modules.size) + quiet;
    const y = Math.floor(index / modules.size) + quiet;
    return `M${x} ${y}h1v1h-1z`;
  }).join("");
  picture.append(
    svg("rect", { width: String(size), height: String(size), fill: "#fff" }),
    svg("path", { d: path, fill: "#1b1a17", "shape-rendering": "crispEdges" }),
  );
  return picture;
}
