import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { fileInZip, zipOf } from "../../service/packaging/zip.ts";

const entries = [
  { name: "tillbridge/a.txt", content: Buffer.from("hello\r\n".repeat(1000)) },
  { name: "tillbridge/dist/ærø.bin", content: Buffer.from([0, 1, 2, 255]) },
  { name: "tillbridge/empty", content: Buffer.alloc(0) },
];
const epoch = 1_790_000_000;

test("an archive is read by another program as it was written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "zip-"));
  try {
    const file = join(folder, "x.zip");
    await writeFile(file, zipOf(entries, epoch));
    const script =
      "import sys,zipfile,json; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps([[i.filename, z.read(i).hex()] for i in z.infolist()]))";
    const { stdout } = await promisify(execFile)("python3", ["-c", script, file]);
    expect(JSON.parse(stdout)).toEqual(entries.map(({ name, content }) => [name, content.toString("hex")]));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the same files at the same time make the same archive, and each is found in it again", () => {
  const archive = zipOf(entries, epoch);
  expect(zipOf(entries, epoch).equals(archive)).toBe(true);
  for (const { name, content } of entries) expect(fileInZip(archive, name).equals(content)).toBe(true);
});

test("a damaged archive, and a file that is not in it, are refused", () => {
  const archive = zipOf(entries, epoch);
  expect(() => fileInZip(archive, "tillbridge/b.txt")).toThrow("not in the archive");
  expect(() => fileInZip(Buffer.from("no archive"), "x")).toThrow("no zip archive");
  const checksum = archive.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02])) + 16;
  archive.writeUInt8(archive.readUInt8(checksum) ^ 1, checksum);
  expect(() => fileInZip(archive, "tillbridge/a.txt")).toThrow("damaged");
});
