import { describe, expect, it } from "vitest";
import { difference } from "../service/listing.ts";

const before = "d 755 root:root /etc\nhash 11aa  /etc/passwd\nl 777 root:root /etc/mtab -> ../proc/mounts\n";

describe("the difference of two listings of a file system", () => {
  it("tells what came, what went and what was changed", () => {
    const after = "d 700 root:root /etc\nhash 22bb  /etc/passwd\nf 644 root:root 10 1.5 /usr/bin/left behind\n";
    expect(difference(before, after)).toEqual([
      "- d 755 root:root /etc",
      "- hash 11aa  /etc/passwd",
      "- l 777 root:root /etc/mtab -> ../proc/mounts",
      "+ d 700 root:root /etc",
      "+ hash 22bb  /etc/passwd",
      "+ f 644 root:root 10 1.5 /usr/bin/left behind",
    ]);
  });

  it("passes over what Debian writes itself, and over nothing with Tillbridge's name", () => {
    const own = [
      "hash 33cc  /var/lib/dpkg/status",
      "hash 33cc  /etc/shadow-",
      "f 644 root:root /var/log/journal/1/system.journal",
    ];
    const left = [
      "hash 33cc  /var/lib/dpkg/info/tillbridge.list",
      "d 700 root:root /tmp/systemd-private-0a-tillbridge.service-x",
    ];
    expect(difference(before, [before, ...own, ...left].join("\n"))).toEqual(left.map((line) => `+ ${line}`));
  });
});
