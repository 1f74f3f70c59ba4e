import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { checkout } from "../support/imports.ts";

/** A declaration, not a re-export: those name a type a second time and are no second type. Relies on the formatter. */
const declaration =
  /^export (?:declare )?(?:const enum|enum|(?:abstract )?class|interface|type) ([A-Za-z_$][\w$]*)(?=[\s<={])/gm;

function exportedTypesIn(source: string): string[] {
  return [...source.matchAll(declaration)].map(([, name = ""]) => name);
}

/** Type name → the files that declare one of that name; only those of more than one file. */
function sharedNames(sources: ReadonlyMap<string, string>): Record<string, string[]> {
  const files = new Map<string, Set<string>>();
  for (const [file, source] of sources) {
    for (const name of exportedTypesIn(source)) files.set(name, (files.get(name) ?? new Set()).add(file));
  }
  const shared = [...files].filter(([, declaring]) => declaring.size > 1);
  return Object.fromEntries(shared.map(([name, declaring]) => [name, [...declaring].toSorted()]));
}

async function sourcesBelow(...folders: string[]): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of await readdir(join(checkout, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(checkout, path).replaceAll("\\", "/"), await readFile(path, "utf8"));
    }
  }
  return sources;
}

describe("names of exported types", () => {
  it("mean one thing each in the whole product", async () => {
    const sources = await sourcesBelow("daemon", "drivers", "service");
    expect([...sources.values()].flatMap(exportedTypesIn).length).toBeGreaterThan(300);
    expect(sharedNames(sources)).toEqual({});
  });

  it.each([
    ["two interfaces", "export interface Plan {\n}\n", "export interface Plan {\n}\n"],
    ["an interface and a type", "export interface Plan {\n}\n", "export type Plan = readonly string[];\n"],
    ["a class and a generic type", "export class Plan {\n}\n", "export type Plan<Step> = readonly Step[];\n"],
    ["an abstract class and an enum", "export abstract class Plan {\n}\n", "export enum Plan {\n}\n"],
  ])("would be found to be shared by %s", (_, one, other) => {
    const sources = new Map([
      ["daemon/plan.ts", one],
      ["service/plan.ts", other],
    ]);
    expect(sharedNames(sources)).toEqual({ Plan: ["daemon/plan.ts", "service/plan.ts"] });
  });

  it("are not shared by re-exports, private types, values and longer names", () => {
    const sources = new Map([
      ["daemon/plan.ts", "export interface Plan {\n}\n"],
      ["daemon/again.ts", 'export type { Plan } from "./plan.ts";\nexport { type Plan as Other } from "./plan.ts";\n'],
      ["daemon/private.ts", "interface Plan {\n}\n/** export type Plan */\nexport const Plan = 1;\n"],
      ["daemon/longer.ts", "export interface Plans {\n}\nexport type PlanName = string;\n"],
    ]);
    expect(sharedNames(sources)).toEqual({});
  });
});
