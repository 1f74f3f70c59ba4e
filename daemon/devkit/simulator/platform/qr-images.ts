/** A picture that the simulator serves: which text, in which form. */
interface QrImage {
  readonly format: "SVG" | "PNG";
  /** Pixels, for PNG. */
  readonly size: number;
  readonly content: string;
}

const codesAllowed = /^https:\/\/qr\.vipps\.no\/[A-Za-z0-9/]{1,200}$/;
const path = "/simulator/qr-image";

/** Links to pictures of QR codes, and the pictures. */
export class QrImages {
  readonly #publicUrl: () => string;

  constructor(publicUrl: () => string) {
    this.#publicUrl = publicUrl;
  }

  url(content: string, format: "SVG" | "PNG", size = 1024): string {
    const query = new URLSearchParams({ content, format, size: String(size) });
    return `${this.#publicUrl()}${path}?${query.toString()}`;
  }

  /** What a link made by {@link url} asks for; nothing when it is not one. */
  parse(target: URL): QrImage | undefined {
    const content = target.searchParams.get("content") ?? "";
    const size = Number(target.searchParams.get("size"));
    const format = target.searchParams.get("format") === "PNG" ? "PNG" : "SVG";
    if (target.pathname !== path || !codesAllowed.test(content) || !(size >= 100 && size <= 2000)) return undefined;
    return { content, format, size };
  }
}

/** Draws a code. The library is loaded on first use, as most runs never draw one. */
export async function drawQr({ content, format, size }: QrImage): Promise<{ type: string; body: Buffer }> {
  const { default: qrcode } = await import("qrcode");
  if (format === "PNG")
    return { type: "image/png", body: await qrcode.toBuffer(content, { type: "png", width: size }) };
  return { type: "image/svg+xml", body: Buffer.from(await qrcode.toString(content, { type: "svg" })) };
}
