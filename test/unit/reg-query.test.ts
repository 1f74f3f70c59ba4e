import { expect, test } from "vitest";
import { keyIn } from "../../service/windows/reg-query.ts";

const chrome = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Google\\Chrome";

test("values are read by name, with spaces and backslashes in them, and the keys below by their names", () => {
  const output = [
    "",
    chrome,
    "    (Default)    REG_SZ    ",
    "    Home page    REG_SZ    C:\\a  b",
    "    Start    REG_DWORD    0x3",
    "",
    `${chrome}\\LoopbackNetworkAllowedForUrls`,
    `${chrome}\\ExtensionSettings`,
    "",
  ].join("\r\n");
  const { values, keys } = keyIn(output);
  expect([...values]).toEqual([
    ["(Default)", ""],
    ["Home page", "C:\\a  b"],
    ["Start", "0x3"],
  ]);
  expect(keys).toEqual(["LoopbackNetworkAllowedForUrls", "ExtensionSettings"]);
});

test("a key without values is not among those below it, and one with nothing at all is empty", () => {
  expect(keyIn(`\r\n${chrome}\\LoopbackNetworkAllowedForUrls\r\n`).keys).toEqual(["LoopbackNetworkAllowedForUrls"]);
  expect(keyIn("\r\n")).toEqual({ values: new Map(), keys: [] });
});
