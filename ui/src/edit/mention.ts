// What the expressions of a text name, with places in the text as it is written: quotes and escapes of YAML
// around an expression are no part of it.

import type { Span } from "./draft";
import type { ScalarStyle } from "./tree";

/** A path into what expressions see, as `tasks.fetch.output`. */
export interface Mention {
  readonly path: readonly string[];
  /** where each name of the path stands */
  readonly spans: readonly Span[];
}

/** One `{{ … }}`. */
export interface Expression extends Span {
  readonly mentions: readonly Mention[];
  /** texts, and names behind a dot, that belong to no path: which value they are looked up in is not known here */
  readonly others: readonly Name[];
}

export interface Name extends Span {
  readonly name: string;
}

/** The expressions of a scalar that name tasks. `source`: as it is written, `by` characters into the text. */
export function expressionsIn(source: string, style: ScalarStyle, by: number): Expression[] {
  if (!source.includes("{{") || !source.includes("tasks")) return [];
  const content = contentOf(source, style);
  const found: Expression[] = [];
  let at = content.text.indexOf("{{");
  while (at >= 0) {
    const tokens = new Tokens(content, at + 2);
    const all = tokens.read();
    if (tokens.end < 0) break;
    const place = { from: by + content.at(at), to: by + content.at(tokens.end + 1) + 1 };
    found.push({ ...place, ...named(all, by) });
    at = content.text.indexOf("{{", tokens.end + 2);
  }
  return found;
}

/** The characters of a scalar, and where each stands. Line breaks are not folded: expressions have spaces anyway. */
interface Content {
  readonly text: string;
  at(index: number): number;
}

function contentOf(source: string, style: ScalarStyle): Content {
  if (style === "plain") return { text: source, at: (index) => index };
  if (style === "literal" || style === "folded") {
    const head = source.indexOf("\n") + 1;
    return { text: source.slice(head), at: (index) => index + head };
  }
  let text = "";
  const places: number[] = [];
  const end = source.length - 1;
  for (let at = 1; at < end; ) {
    const length = style === "single" ? (source.startsWith("''", at) ? 2 : 1) : escapeLength(source, at);
    text += length === 1 ? source[at] : style === "single" ? "'" : escaped(source.slice(at, at + length));
    places.push(at);
    at += length;
  }
  return { text, at: (index) => places[index] ?? end };
}

function escapeLength(source: string, at: number): number {
  if (source[at] !== "\\") return 1;
  return { x: 4, u: 6, U: 10 }[source[at + 1] ?? ""] ?? 2;
}

/** One character for the escape, so that places stay true; what is no quote or letter is a space. */
function escaped(written: string): string {
  const kind = written[1] ?? "";
  if ("xuU".includes(kind)) {
    const code = Number.parseInt(written.slice(2), 16);
    return code > 0 && code < 0x10000 ? String.fromCharCode(code) : " ";
  }
  return '"\\/'.includes(kind) ? kind : " ";
}

type Token =
  | { readonly kind: "word" | "text"; readonly text: string; readonly from: number; readonly to: number }
  | { readonly kind: "number" }
  | { readonly kind: "symbol"; readonly text: string };

class Tokens {
  /** where `}}` stands; -1: nowhere */
  end = -1;
  private readonly content: Content;
  private at: number;
  private depth = 0;

  constructor(content: Content, at: number) {
    this.content = content;
    this.at = at;
  }

  read(): Token[] {
    const tokens: Token[] = [];
    const { text } = this.content;
    while (this.at < text.length && this.end < 0) {
      const token = this.next(text[this.at] ?? "");
      if (token) tokens.push(token);
    }
    return tokens;
  }

  private next(character: string): Token | null {
    if (character === "}" && this.depth === 0 && this.content.text[this.at + 1] === "}") {
      this.end = this.at;
      return null;
    }
    if (character === '"' || character === "'") return this.quoted(character);
    const word = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(this.content.text.slice(this.at, this.at + 256));
    if (word) return this.word(word[0]);
    const number = /^[0-9][A-Za-z0-9_]*/.exec(this.content.text.slice(this.at, this.at + 256));
    this.at += number?.[0].length ?? 1;
    if (number) return { kind: "number" };
    if (character === "{") this.depth += 1;
    if (character === "}") this.depth -= 1;
    return /\s/.test(character) ? null : { kind: "symbol", text: character };
  }

  private word(text: string): Token {
    const from = this.at;
    this.at += text.length;
    return { kind: "word", text, ...this.span(from, this.at) };
  }

  private quoted(quote: string): Token {
    const { text } = this.content;
    const from = this.at + 1;
    let inside = "";
    this.at = from;
    while (this.at < text.length && text[this.at] !== quote) {
      if (text[this.at] === "\\") this.at += 1;
      inside += text[this.at] ?? "";
      this.at += 1;
    }
    const token: Token = { kind: "text", text: inside, ...this.span(from, this.at) };
    this.at += 1;
    return token;
  }

  private span(from: number, to: number): Span {
    return { from: this.content.at(from), to: this.content.at(to - 1) + 1 };
  }
}

const KEYWORDS = new Set([
  ...["and", "or", "not", "in", "is", "if", "else"],
  ...["true", "false", "none", "True", "False", "None"],
]);

function named(tokens: readonly Token[], by: number): { mentions: Mention[]; others: Name[] } {
  const mentions: Mention[] = [];
  const others: Name[] = [];
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at];
    if (token?.kind === "word" && isRoot(tokens, at)) {
      const path = pathFrom(tokens, at, by);
      if (path.mention.path[0] === "tasks") mentions.push(path.mention);
      at = path.next;
      continue;
    }
    if (token?.kind === "text" || (token?.kind === "word" && isSymbol(tokens[at - 1], "."))) {
      others.push({ name: token.text, from: token.from + by, to: token.to + by });
    }
    at += 1;
  }
  return { mentions, others };
}

/** Whether the word begins a path: it is no keyword, filter, test, attribute or argument's name. */
function isRoot(tokens: readonly Token[], at: number): boolean {
  const [before, token, behind] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  if (token?.kind !== "word" || KEYWORDS.has(token.text)) return false;
  if (isSymbol(before, ".") || isSymbol(before, "|")) return false;
  if (before?.kind === "word" && before.text === "is") return false;
  return !isSymbol(behind, "=") || isSymbol(tokens[at + 2], "=");
}

function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === "symbol" && token.text === text;
}

function pathFrom(tokens: readonly Token[], start: number, by: number): { mention: Mention; next: number } {
  const path: string[] = [];
  const spans: Span[] = [];
  const take = (token: Token | undefined) => {
    if (token?.kind !== "word" && token?.kind !== "text") return;
    path.push(token.text);
    spans.push({ from: token.from + by, to: token.to + by });
  };
  take(tokens[start]);
  let at = start + 1;
  for (;;) {
    const second = tokens[at + 1];
    if (isSymbol(tokens[at], ".") && second?.kind === "word") {
      take(second);
      at += 2;
    } else if (isSymbol(tokens[at], "[") && second?.kind === "text" && isSymbol(tokens[at + 2], "]")) {
      take(second);
      at += 3;
    } else break;
  }
  // A call of an attribute is a method of the value, not a part of it.
  if (isSymbol(tokens[at], "(") && path.length > 1) {
    path.pop();
    spans.pop();
  }
  return { mention: { path, spans }, next: at };
}
