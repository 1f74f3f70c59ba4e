/**
 * What Debian itself writes while packages come and go, the system runs and people log in. Everything else must be the same
 * before a package was installed and after it was purged.
 */
const ownedByTheSystem: readonly { readonly path: RegExp; readonly because: string }[] = [
  {
    path: /^\/var\/lib\/dpkg\/(status(-old)?|available|triggers\/\w+|(diversions|statoverride)(-old)?)$/,
    because: "dpkg's books",
  },
  { path: /^\/var\/log\/(dpkg|alternatives)\.log$/, because: "dpkg's diary" },
  { path: /^\/var\/cache\/(debconf|ldconfig)\//, because: "made anew from other files" },
  { path: /^\/var\/log\/journal\//, because: "the system's log" },
  {
    path: /^\/(var\/)?tmp\/systemd-private-[0-9a-f]+-(?!tillbridge)/,
    because: "the private folders of other services",
  },
  { path: /^\/var\/log\/(wtmp|btmp|lastlog|wtmp\.db)$/, because: "who logged in" },
  { path: /^\/var\/lib\/(wtmpdb|lastlog|systemd)\//, because: "random seed, time stamps, who logged in" },
  { path: /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-$/, because: "the copy from before the last change" },
  { path: /^\/etc\/\.pwd\.lock$/, because: "a lock that is always empty" },
];

/**
 * Prints everything there is: kind, mode, owner, path, where a link points. Of files what is in them too: in /etc and /var, which
 * packages write to and put back, by hash; elsewhere by size and by when the file system last saw it touched.
 */
export const listing = `
cd /
find / -xdev -path /stage -prune -o -type f ! -path '/etc/*' ! -path '/var/*' -printf '%y %m %u:%g %s %C@ %p\\n' -o \\
  ! -type d -printf '%y %m %u:%g %p -> %l\\n' -o -printf '%y %m %u:%g %p\\n'
find /etc /var -xdev -type f -print0 | xargs -0 b2sum -l 160 | sed 's/^/hash /'
`;

/** Prints what is no file: listeners, units, users, what programs hold the computer back, timers, mounts. */
export const surroundings = `
ss -Hltnup | sed 's/[[:space:]]*users:.*//'
systemctl list-unit-files --no-legend --no-pager
systemctl list-units --all --no-legend --no-pager --plain --type=service,socket,timer,path,mount | grep -i till
getent passwd; getent group
systemd-inhibit --list --no-legend | grep -i tillbridge
ls /run/udev/rules.d /run/systemd/system /run/tmpfiles.d /run/credentials 2>/dev/null | grep -i till
ps -eo user,args | grep -i tillbridge | grep -v grep | grep -v /stage
`;

/** Lines that only one of the two has, with `-` or `+` before them. */
export function difference(before: string, after: string): string[] {
  const [then, now] = [lines(before), lines(after)];
  const gone = [...then].filter((line) => !now.has(line)).map((line) => `- ${line}`);
  const added = [...now].filter((line) => !then.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...added];
}

function lines(text: string): Set<string> {
  return new Set(text.split("\n").filter((line) => line !== "" && !isOfTheSystem(line)));
}

function isOfTheSystem(line: string): boolean {
  const path = / (\/.*?)( -> .*)?$/.exec(line)?.[1];
  return path !== undefined && ownedByTheSystem.some((row) => row.path.test(path));
}
