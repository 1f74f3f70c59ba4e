import { createHash, createHmac } from "node:crypto";

/** What is signed of a webhook: the target as registered, the HTTP date and the exact bytes of the body. */
interface Signed {
  readonly url: URL;
  readonly date: string;
  readonly body: string;
}

/**
 * The headers that prove a webhook genuine. The key is the secret's text as UTF-8, never base64-decoded.
 * Source: Vipps MobilePay Webhooks API, request authentication.
 */
export function signatureHeaders(secret: string, { url, date, body }: Signed): Record<string, string> {
  const hash = createHash("sha256").update(body).digest("base64");
  const text = `POST\n${url.pathname}${url.search}\n${date};${url.host};${hash}`;
  const signature = createHmac("sha256", secret).update(text).digest("base64");
  return {
    host: url.host,
    "x-ms-date": date,
    "x-ms-content-sha256": hash,
    authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
  };
}
