import { isLoopback } from "../../config/origin.ts";

/** What is around the process: it can open a door that the daemon itself keeps shut. */
export interface ProcessEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nodeOptions: readonly string[];
}

/** Options that change how much memory Node takes, and nothing else. */
const harmlessOption =
  /^--(?:max-old-space-size|max-semi-space-size|stack-trace-limit|disable-warning|no-warnings|enable-source-maps)(?:=|$)/;

/**
 * Why the daemon must not take money in these surroundings, or undefined. With a stand-in for MobilePay on this computer
 * everything is allowed: there a developer wants to look inside.
 */
export function unsafeEnvironment(
  baseUrl: string,
  { environment, nodeOptions }: ProcessEnvironment,
): string | undefined {
  if (isLoopback(new URL(baseUrl))) return undefined;
  if (environment["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    return "NODE_TLS_REJECT_UNAUTHORIZED=0 lets anybody pretend to be MobilePay; remove it from the environment";
  }
  if (environment["NODE_USE_ENV_PROXY"])
    return "NODE_USE_ENV_PROXY sends what is for MobilePay elsewhere; remove it from the environment";
  const words = [...nodeOptions, ...(environment["NODE_OPTIONS"] ?? "").split(/\s+/).filter(Boolean)];
  const inspecting = words.find((word) => word.startsWith("--inspect"));
  if (inspecting !== undefined) return "--inspect lets anybody on this computer look inside; start without it";
  const unknown = words.find((word) => !harmlessOption.test(word));
  if (unknown !== undefined)
    return `Node was started with ${unknown.split("=")[0]}; start without it, and without NODE_OPTIONS`;
  return undefined;
}

/** Variables that other programs obey and the daemon does not: worth a word when MobilePay cannot be reached. */
export function ignoredProxies(environment: ProcessEnvironment["environment"]): string[] {
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"];
  return names.filter((name) => environment[name]);
}
