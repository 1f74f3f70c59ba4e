/** A command line as Windows' programs take it apart (CommandLineToArgvW): quotes keep spaces, a backslash keeps a quote. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  const pieces = line.matchAll(/((?:[^\s"\\]|\\+(?!")|\\"|"(?:[^"\\]|\\+(?!")|\\")*")+)/g);
  for (const [piece] of pieces) words.push(piece.replaceAll(/(?<!\\)"/g, "").replaceAll('\\"', '"'));
  return words;
}
