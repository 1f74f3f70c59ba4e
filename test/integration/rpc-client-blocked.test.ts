import { createServer } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BridgeClient, type ClientState, connect } from "../../daemon/protocol/client.ts";

let client: BridgeClient | undefined;

afterEach(() => {
  client?.close();
  vi.unstubAllGlobals();
});

/** A browser that knows the permission under this name, and the person's answer to it. */
function browser(known: string, state: string) {
  const status = Object.assign(new EventTarget(), { state });
  const query = async ({ name }: { name: string }) => {
    if (name !== known) throw new TypeError("not a valid permission name");
    return status;
  };
  vi.stubGlobal("navigator", { permissions: { query } });
  return status;
}

async function firstState(port: number): Promise<ClientState> {
  const found = Promise.withResolvers<ClientState>();
  const url = `ws://127.0.0.1:${port}/v1`;
  client = connect({ url, token: "t", client: { name: "page", version: "1" }, onState: found.resolve });
  return found.promise;
}

describe("when nothing gets through", () => {
  test.each([
    ["loopback-network", "denied"],
    ["loopback-network", "prompt"],
    ["local-network-access", "denied"],
    ["local-network-access", "prompt"],
  ])("because the browser holds it back (%s: %s) the client says blocked", async (name, permission) => {
    browser(name, permission);
    expect(await firstState(await freePort())).toEqual({ name: "blocked", permission });
  });

  test.each(["loopback-network", "local-network-access", "unknown-to-us"])(
    "though the browser lets it out (%s) the client says notRunning",
    async (name) => {
      browser(name, "granted");
      expect(await firstState(await freePort())).toEqual({ name: "notRunning" });
    },
  );

  test("and the person allows it, the client tries again at once", async () => {
    const status = browser("loopback-network", "prompt");
    const port = await freePort();
    await firstState(port);
    const till = createServer().listen(port, "127.0.0.1");
    const called = once(till, "connection");
    await once(till, "listening");
    status.state = "granted";
    status.dispatchEvent(new Event("change"));
    await called;
    till.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
