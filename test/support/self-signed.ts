import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface CertificateWish {
  /** Of whom it speaks: an IPv4 address (127.0.0.1) or a name. */
  readonly subject?: string;
  /** Times as certificates have them: YYMMDDhhmmssZ. 2020 to 2049. */
  readonly from?: string;
  readonly to?: string;
  /** Who vouches for it; itself where there is none. */
  readonly by?: Authority;
}

/** Somebody who vouches for others, as a shop's filter does for what it opens. */
export interface Authority {
  readonly name: string;
  readonly cert: string;
  readonly privateKey: KeyObject;
}

/** A certificate and its key, both PEM. */
export function selfSigned(wish: CertificateWish = {}): { cert: string; key: string } {
  const { subject = "127.0.0.1", by } = wish;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const isAddress = /^[\d.]+$/.test(subject);
  const bytes = Buffer.from(isAddress ? subject.split(".").map(Number) : [...Buffer.from(subject)]);
  const alternativeNames = extension("551d11", sequence(der(isAddress ? 0x87 : 0x82, bytes)));
  const issuer = by === undefined ? nameOf(subject) : nameOf(by.name);
  const body = bodyOf({ ...wish, issuer, subject: nameOf(subject), publicKey, extensions: [alternativeNames] });
  return { cert: signed(body, by?.privateKey ?? privateKey), key: pemOf(privateKey) };
}

export function authority(name: string): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const mayVouch = extension("551d13", sequence(der(0x01, Buffer.from([0xff]))));
  const names = { issuer: nameOf(name), subject: nameOf(name) };
  return { name, privateKey, cert: signed(bodyOf({ ...names, publicKey, extensions: [mayVouch] }), privateKey) };
}

const algorithm = sequence(der(0x06, Buffer.from("2a8648ce3d040302", "hex")));

interface Body {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly from?: string;
  readonly to?: string;
}

function bodyOf({
  issuer,
  subject,
  publicKey,
  extensions,
  from = "200101000000Z",
  to = "491231235959Z",
}: Body): Buffer {
  return sequence(
    der(0xa0, integer(2)),
    integer(1),
    algorithm,
    issuer,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
}

function signed(body: Buffer, by: KeyObject): string {
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, by)]));
  const base64 = sequence(body, algorithm, signature).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Only a common name. */
function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from(text)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(der(0x06, Buffer.from(id, "hex")), der(0x04, value));
}

/** ASN.1: a kind, a length, the content. */
function der(kind: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([kind, length]), content]);
  // In as few bytes as it takes: browsers refuse more.
  const head = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([kind, ...head]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function time(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}
