import type { Result } from "../protocol/methods.ts";
import type { DeviceView } from "../protocol/values.ts";

type Health = Result<"health.get">;

export interface HealthInputs {
  readonly version: string;
  readonly uptimeMs: number;
  readonly journal: Readonly<Health["journal"]>;
  readonly mobilePay: Readonly<Health["mobilePay"]> & { readonly clockSkewSeconds?: number };
  readonly checkIn: Health["checkIn"];
  readonly devices: readonly DeviceView[];
  readonly recoveryOpen: number;
}

/** How the daemon is doing, for pages, for people and for whatever watches over many tills. No secrets. */
export function healthOf({
  version,
  uptimeMs,
  journal,
  mobilePay,
  checkIn,
  devices,
  recoveryOpen,
}: HealthInputs): Health {
  const { clockSkewSeconds, ...contact } = mobilePay;
  const well =
    journal.state === "ok" &&
    contact.state !== "unreachable" &&
    contact.trouble === undefined &&
    checkIn.state === "ready" &&
    devices.every(({ state }) => state !== "failed");
  return {
    status: well ? "ok" : "degraded",
    version,
    uptimeSeconds: Math.round(uptimeMs / 1000),
    journal: { ...journal },
    mobilePay: { ...contact },
    checkIn,
    clock: clockSkewSeconds === undefined ? {} : { skewSeconds: clockSkewSeconds },
    devices: [...devices],
    recovery: { open: recoveryOpen },
  };
}

/** The same in Prometheus' text format. */
export function metricsOf(health: Health, rssBytes: number): string {
  const lines = [
    metric("up", "The daemon runs.", 1),
    metric("uptime_seconds", "Time since the daemon started.", health.uptimeSeconds),
    metric("resident_memory_bytes", "Memory in use.", rssBytes),
    metric("journal_ok", "The journal can be written.", health.journal.state === "ok" ? 1 : 0),
    metric(
      "mobilepay_reachable",
      "MobilePay's last answer was usable.",
      health.mobilePay.state === "reachable" ? 1 : 0,
    ),
    metric(
      "check_ins_ready",
      "The way by which the till is told of customers' check-ins is open.",
      health.checkIn.state === "ready" ? 1 : 0,
    ),
    metric("recovery_open", "Payments that are being looked up or need a decision.", health.recovery.open),
    ...(health.clock.skewSeconds === undefined
      ? []
      : [metric("clock_skew_seconds", "The till's clock minus MobilePay's.", health.clock.skewSeconds)]),
    ...deviceMetrics(health.devices),
  ];
  return `${lines.join("\n")}\n`;
}

function metric(name: string, help: string, value: number): string {
  return `# HELP tillbridge_${name} ${help}\n# TYPE tillbridge_${name} gauge\ntillbridge_${name} ${value}`;
}

function deviceMetrics(devices: readonly DeviceView[]): string[] {
  if (devices.length === 0) return [];
  const samples = (name: string, valueOf: (device: DeviceView) => number) =>
    devices.map((device) => `tillbridge_device_${name}{device="${device.deviceId}"} ${valueOf(device)}`);
  return [
    "# HELP tillbridge_device_ready The device is connected.\n# TYPE tillbridge_device_ready gauge",
    ...samples("ready", ({ state }) => (state === "ready" ? 1 : 0)),
    "# HELP tillbridge_device_reads_total What the device has read.\n# TYPE tillbridge_device_reads_total counter",
    ...samples("reads_total", ({ statistics }) => statistics?.reads ?? 0),
    "# HELP tillbridge_device_losses_total How often the device went away.\n# TYPE tillbridge_device_losses_total counter",
    ...samples("losses_total", ({ statistics }) => statistics?.losses ?? 0),
    "# HELP tillbridge_device_errors_total What the device read and could not be made sense of.\n# TYPE tillbridge_device_errors_total counter",
    ...samples("errors_total", ({ statistics }) => statistics?.errors ?? 0),
    ...latencyMetrics(devices),
  ];
}

function latencyMetrics(devices: readonly DeviceView[]): string[] {
  const lines = devices.flatMap(({ deviceId, statistics }) =>
    Object.entries(statistics?.latencyMs ?? {}).map(
      ([name, ms]) =>
        `tillbridge_device_read_seconds{device="${deviceId}",quantile="${Number(name.slice(1)) / 100}"} ${ms / 1000}`,
    ),
  );
  const help = "# HELP tillbridge_device_read_seconds From the device to the page, of the last reads.";
  return lines.length === 0 ? [] : [`${help}\n# TYPE tillbridge_device_read_seconds gauge`, ...lines];
}
