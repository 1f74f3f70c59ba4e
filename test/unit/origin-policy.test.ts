import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkOrigin } from "../../daemon/server/origin-policy.ts";

const door = { port: 8455, origins: ["https://pos.example.com", "null"] };
const host = ["Host", "127.0.0.1:8455"];

describe("the guard", () => {
  test("lets a program in, and says that it has no origin", () => {
    expect(checkOrigin(host, "/v1", door)).toEqual({ allowed: true, origin: undefined });
  });

  test("lets a listed origin in, and says which", () => {
    expect(checkOrigin([...host, "Origin", "https://pos.example.com"], "/v1", door)).toEqual({
      allowed: true,
      origin: "https://pos.example.com",
    });
  });

  test("never lets the origin null in, even when the list names it", () => {
    expect(checkOrigin([...host, "Origin", "null"], "/v1", door)).toEqual({ allowed: false, reason: "origin" });
  });

  test("knows the till's own page by the very address it came from", () => {
    expect(checkOrigin([...host, "Origin", "http://127.0.0.1:8455"], "/v1", door)).toMatchObject({ isOwn: true });
    expect(checkOrigin([...host, "Origin", "https://127.0.0.1:8455"], "/v1", door).allowed).toBe(false);
    expect(checkOrigin([...host, "Origin", "https://127.0.0.1:8455"], "/v1", { ...door, tls: true }).allowed).toBe(
      true,
    );
    expect(checkOrigin([...host, "Origin", "http://localhost:8455"], "/v1", door).allowed).toBe(false);
    expect(checkOrigin([...host, "Origin", "http://127.0.0.1:8456"], "/v1", door).allowed).toBe(false);
  });

  test("finds a header whatever its case", () => {
    expect(checkOrigin(["hOST", "127.0.0.1:8455", "oRIGIN", "https://evil.example"], "/", door)).toMatchObject({
      reason: "origin",
    });
  });

  test("is not fooled by a value that looks like a header's name", () => {
    expect(checkOrigin([...host, "X", "Origin", "Y", "https://evil.example"], "/", door)).toMatchObject({
      allowed: true,
    });
  });

  test("refuses more headers than a browser sends", () => {
    expect(checkOrigin([...host, ...Array<string>(120).fill("x")], "/", door)).toMatchObject({ reason: "headers" });
  });

  test.each([
    ["cross-site", "script", false],
    ["cross-site", "websocket", false],
    ["same-site", "image", false],
    ["cross-site", "document", true],
    ["same-origin", "script", true],
    ["none", "document", true],
  ])("for Sec-Fetch-Site %s and -Dest %s without Origin: %s", (site, destination, allowed) => {
    const headers = [...host, "Sec-Fetch-Site", site, "Sec-Fetch-Dest", destination];
    expect(checkOrigin(headers, "/", door).allowed).toBe(allowed);
  });

  test("lets nobody in whose host or origin is not exactly a listed one, whatever the headers are", () => {
    const name = fc.constantFrom("Host", "Origin", "host", "X", "Sec-Fetch-Site");
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom("127.0.0.1:8455", "https://pos.example.com", "null", "cross-site"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), fc.string(), (headers, target) => {
        const verdict = checkOrigin(headers.flat(), target, door);
        const values = (wanted: string) => headers.filter(([it]) => it.toLowerCase() === wanted).map(([, it]) => it);
        if (!verdict.allowed) return;
        expect(values("host")).toEqual(["127.0.0.1:8455"]);
        expect([[], ["https://pos.example.com"]]).toContainEqual(values("origin"));
        expect(target.startsWith("/")).toBe(true);
      }),
    );
  });
});
