/** The configuration cannot be used: one line with the key, its place and what is allowed. Never the value. */
export class ConfigError extends Error {
  /** The same without the place. */
  readonly text: string;

  constructor(message: string, text = message) {
    super(message);
    this.name = "ConfigError";
    this.text = text;
  }
}

/** `offset` counts characters from the start of the text. */
export interface ConfigProblem {
  readonly offset: number;
  readonly text: string;
  /** What is missing is often only misspelt: what stands there wrongly is reported first. */
  readonly missing: boolean;
}

/** The one to report: the first that stands there wrongly, else the first that is missing. */
export function mostTelling(problems: readonly ConfigProblem[]): ConfigProblem | undefined {
  return problems.toSorted((a, b) => Number(a.missing) - Number(b.missing) || a.offset - b.offset)[0];
}

/** `file:line:column: text`, both counted from 1. */
export function problemLine(file: string, content: string, problem: ConfigProblem): string {
  const before = content.slice(0, problem.offset).split("\n");
  return `${file}:${before.length}:${(before.at(-1) ?? "").length + 1}: ${problem.text}`;
}
