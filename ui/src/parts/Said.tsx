// A message of the engine: what stands between backticks is code.

export function Said({ text }: { text: string | null }) {
  if (text === null) return null;
  return text.split("`").map((piece, at) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text have no other name, and never move.
    at % 2 === 1 ? <code key={at}>{piece}</code> : piece,
  );
}
