import { createServer } from "node:net";
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BridgeClient, type ClientState, connect } from "../../daemon/protocol/client.ts";

let client: BridgeClient | undefined;

afterEach(() => {
  client?.close();
  vi.useRealTimers();
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

/** What a browser makes of a connection while it asks the person: it neither opens nor fails. */
async function stateWhileNobodyAnswers(): Promise<ClientState> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as { port: number };
  const called = once(silent, "connection");
  const state = firstState(port);
  await called;
  vi.advanceTimersToNextTimer();
  silent.close();
  return state;
}

describe("when nothing gets through", () => {
  test.each(["loopback-network", "local-network-access"])(
    "because the browser was told no (%s) the client says blocked",
    async (name) => {
      browser(name, "denied");
      expect(await firstState(await freePort())).toEqual({ name: "blocked", permission: "denied" });
    },
  );

  test.each(["loopback-network", "local-network-access"])(
    "because the browser still waits for the person's answer (%s) the client says blocked",
    async (name) => {
      browser(name, "prompt");
      expect(await stateWhileNobodyAnswers()).toEqual({ name: "blocked", permission: "prompt" });
    },
  );

  test("because the browser does not even let the page try, the client says blocked", async () => {
    const forbidden = () => {
      throw new DOMException("insecure", "SecurityError");
    };
    vi.stubGlobal("WebSocket", forbidden);
    expect(await firstState(1)).toEqual({ name: "blocked", permission: "denied" });
  });

  test.each(["loopback-network", "local-network-access"])(
    "at once, and nobody has answered the browser (%s), the client says notRunning, and that it may be the browser",
    async (name) => {
      browser(name, "prompt");
      expect(await firstState(await freePort())).toEqual({ name: "notRunning", permission: "prompt" });
    },
  );

  test.each(["localhost", "till.localhost", "127.0.0.1", "[::1]"])(
    "from a page of this computer (%s), which no browser holds back, the client says notRunning",
    async (hostname) => {
      browser("loopback-network", "prompt");
      vi.stubGlobal("location", { hostname });
      expect(await firstState(await freePort())).toEqual({ name: "notRunning" });
    },
  );

  test.each(["127.example.com", "localhost.example.com", "192.168.1.2"])(
    "from a page of another computer (%s) the client says blocked",
    async (hostname) => {
      browser("loopback-network", "denied");
      vi.stubGlobal("location", { hostname });
      expect(await firstState(await freePort())).toEqual({ name: "blocked", permission: "denied" });
    },
  );

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
