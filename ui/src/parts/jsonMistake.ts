// Why a text is not JSON, in words: where, what, and how it is written instead.

/** Completes "The value …". */
export function jsonMistake(text: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const at = /\bat position (\d+)/.exec(said)?.[1];
  const place = /end of JSON|unterminated/i.test(said) ? text.length : at === undefined ? null : Number(at);
  const where = place === null ? "" : `, line ${lineOf(text, place)}`;
  return `is not JSON${where}: ${causeOf(said)}. Names and text stand in double quotes, as in \`{"name": "text"}\``;
}

function lineOf(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

/** What the browser says, without where. */
function causeOf(said: string): string {
  if (/end of JSON/i.test(said)) return "it ends too early";
  const bare = said
    .replace(/^JSON(\.parse| Parse error)?: /i, "")
    .replace(/ in JSON at position.*$| at position.*$|, (\.\.\.)?".*" is not valid JSON$/s, "")
    .replace(/ after JSON$/, " after its end");
  return bare.replace(/^./, (letter) => letter.toLowerCase()).replace(/\.$/, "");
}
