// How well a name fits what was typed.

/** What fits, best first; with nothing typed, all as it is. */
export function ranked<T>(list: readonly T[], text: string, name: (one: T) => string): T[] {
  if (text === "") return [...list];
  return list
    .map((one, at) => ({ one, at, score: score(name(one), text) }))
    .filter(({ score: fits }) => fits > 0)
    .sort((left, right) => right.score - left.score || left.at - right.at)
    .map(({ one }) => one);
}

/** 3: begins so, 2: a word in it does, 1: it is somewhere in it, 0: it is not. */
function score(name: string, text: string): number {
  const at = name.toLowerCase().indexOf(text.toLowerCase());
  if (at < 0) return 0;
  if (at === 0) return 3;
  return /[^a-z0-9]/i.test(name.charAt(at - 1)) ? 2 : 1;
}

/** The text cut where `find` is in it. */
export function pieces(text: string, find: string): { from: number; text: string; hit: boolean }[] {
  if (find === "") return [{ from: 0, text, hit: false }];
  const list: { from: number; text: string; hit: boolean }[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (;;) {
    const at = lower.indexOf(find.toLowerCase(), from);
    if (at < 0) break;
    if (at > from) list.push({ from, text: text.slice(from, at), hit: false });
    list.push({ from: at, text: text.slice(at, at + find.length), hit: true });
    from = at + find.length;
  }
  if (from < text.length) list.push({ from, text: text.slice(from), hit: false });
  return list;
}
