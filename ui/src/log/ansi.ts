// What a terminal would show of one line of a log: colours and overwriting are kept, everything else that
// steers a terminal is dropped. The result is plain text with styles; it never becomes HTML.

export interface Style {
  /** 0–15 a named colour, 16–255 the palette, or `#rrggbb` */
  foreground: number | string | null;
  background: number | string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}

export interface Segment {
  text: string;
  style: Style;
}

export const PLAIN: Style = Object.freeze({
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
});

/** Whether a character reorders or hides what stands around it; a log may not deceive its reader with these. */
function isDeceiving(code: number): boolean {
  return (
    code === 0x200b ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x2069) ||
    code === 0xfeff
  );
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09) || (code >= 0x7f && code <= 0x9f);
}

/** Whether every character shows itself and nothing else. */
function isPlain(line: string): boolean {
  for (let at = 0; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (isControl(code) || (code >= 0x200b && isDeceiving(code))) return false;
  }
  return true;
}

/** Reads one line. */
export function parseLine(line: string): Segment[] {
  if (isPlain(line)) return line === "" ? [] : [{ text: line, style: PLAIN }];
  const screen = new Row();
  let style = PLAIN;
  let at = 0;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (code === 0x1b || code === 0x9b) {
      const sequence = readSequence(line, at);
      style = obey(sequence, style, screen);
      at = sequence.end;
    } else if (code === 0x0d) {
      screen.column = 0;
      at += 1;
    } else if (code === 0x08) {
      screen.column = Math.max(0, screen.column - 1);
      at += 1;
    } else if (isControl(code)) {
      at += 1;
    } else {
      const character = String.fromCodePoint(line.codePointAt(at) ?? 0xfffd);
      screen.put(isDeceiving(code) ? named(character) : character, style);
      at += character.length;
    }
  }
  return screen.segments();
}

/** The text of a line as it is shown, without styles. */
export function plainText(line: string): string {
  return parseLine(line)
    .map((segment) => segment.text)
    .join("");
}

function named(character: string): string {
  return `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}›`;
}

/** One row of a terminal: what is written at a column replaces what stood there. */
class Row {
  column = 0;
  #texts: string[] = [];
  #styles: Style[] = [];

  put(text: string, style: Style): void {
    while (this.#texts.length < this.column) {
      this.#texts.push(" ");
      this.#styles.push(PLAIN);
    }
    this.#texts[this.column] = text;
    this.#styles[this.column] = style;
    this.column += 1;
  }

  /** Erases: 0 to the end, 1 to here, 2 all of it. */
  erase(what: number): void {
    if (what === 0) {
      this.#texts.length = Math.min(this.#texts.length, this.column);
      this.#styles.length = this.#texts.length;
      return;
    }
    const end = what === 1 ? Math.min(this.column + 1, this.#texts.length) : this.#texts.length;
    this.#texts.fill(" ", 0, end);
    this.#styles.fill(PLAIN, 0, end);
  }

  segments(): Segment[] {
    const segments: Segment[] = [];
    let open: Segment | null = null;
    for (const [column, text] of this.#texts.entries()) {
      const style = this.#styles[column] ?? PLAIN;
      if (open && open.style === style) open.text += text;
      else {
        open = { text, style };
        segments.push(open);
      }
    }
    return segments;
  }
}

interface Sequence {
  kind: "style" | "erase" | "column" | "other";
  numbers: number[];
  end: number;
}

/** The columns that a line may reach by moving; text itself may go on as long as it is. */
const FARTHEST = 4096;

function obey(sequence: Sequence, style: Style, screen: Row): Style {
  const first = sequence.numbers[0] ?? 0;
  if (sequence.kind === "style") return restyle(style, sequence.numbers);
  if (sequence.kind === "erase") screen.erase(first);
  if (sequence.kind === "column") screen.column = Math.min(FARTHEST, Math.max(0, first - 1));
  return style;
}

/** Reads the control sequence that begins at `start`. One that never ends takes the rest of the line with it. */
function readSequence(line: string, start: number): Sequence {
  let at = start + 1;
  if (line.charCodeAt(start) === 0x1b) {
    const next = line[at];
    // Strings: titles, links, device controls. They end with a bell or with ESC \.
    if (next === "]" || next === "P" || next === "X" || next === "^" || next === "_") {
      return { kind: "other", numbers: [], end: endOfString(line, at + 1) };
    }
    if (next !== "[") return { kind: "other", numbers: [], end: endOfEscape(line, at) };
    at += 1;
  }
  const from = at;
  while (at < line.length && isBetween(line.charCodeAt(at), 0x30, 0x3f)) at += 1;
  const parameters = line.slice(from, at);
  while (at < line.length && isBetween(line.charCodeAt(at), 0x20, 0x2f)) at += 1;
  const final = line[at];
  if (final === undefined) return { kind: "other", numbers: [], end: at };
  // A character that cannot end a sequence is text again.
  const end = isBetween(final.charCodeAt(0), 0x40, 0x7e) ? at + 1 : at;
  if (end === at || /[<-?]/.test(parameters)) return { kind: "other", numbers: [], end };
  return { kind: kindOf(final), numbers: numbersOf(parameters), end };
}

function kindOf(final: string): Sequence["kind"] {
  if (final === "m") return "style";
  if (final === "K") return "erase";
  if (final === "G") return "column";
  return "other";
}

function numbersOf(parameters: string): number[] {
  return parameters
    .split(/[;:]/)
    .slice(0, 32)
    .map((text) => Math.min(Number(text) || 0, 65_535));
}

function endOfString(line: string, from: number): number {
  for (let at = from; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === 0x07 || code === 0x9c) return at + 1;
    if (code === 0x1b && line[at + 1] === "\\") return at + 2;
  }
  return line.length;
}

function endOfEscape(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBetween(line.charCodeAt(at), 0x20, 0x2f)) at += 1;
  return isBetween(line.charCodeAt(at), 0x30, 0x7e) ? at + 1 : at;
}

function isBetween(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}

function restyle(before: Style, numbers: number[]): Style {
  let style: Style = { ...before };
  for (let at = 0; at < numbers.length; at += 1) {
    const number = numbers[at] ?? 0;
    if (number === 38 || number === 48) {
      const [colour, used] = extended(numbers, at + 1);
      if (colour !== null) style[number === 38 ? "foreground" : "background"] = colour;
      at += used;
    } else if (number === 0) style = { ...PLAIN };
    else Object.assign(style, simple(number));
  }
  return style;
}

function simple(number: number): Partial<Style> {
  switch (number) {
    case 1:
      return { bold: true };
    case 2:
      return { dim: true };
    case 3:
      return { italic: true };
    case 4:
      return { underline: true };
    case 7:
      return { inverse: true };
    case 9:
      return { strike: true };
    case 22:
      return { bold: false, dim: false };
    case 23:
      return { italic: false };
    case 24:
      return { underline: false };
    case 27:
      return { inverse: false };
    case 29:
      return { strike: false };
    case 39:
      return { foreground: null };
    case 49:
      return { background: null };
    default:
      return simpleColour(number);
  }
}

function simpleColour(number: number): Partial<Style> {
  if (isBetween(number, 30, 37)) return { foreground: number - 30 };
  if (isBetween(number, 90, 97)) return { foreground: number - 82 };
  if (isBetween(number, 40, 47)) return { background: number - 40 };
  if (isBetween(number, 100, 107)) return { background: number - 92 };
  return {};
}

/** A colour of the palette (5;N) or a mixed one (2;R;G;B), and how many numbers it took. */
function extended(numbers: number[], at: number): [number | string | null, number] {
  const [way, first, second, third] = numbers.slice(at, at + 4);
  if (way === 5 && first !== undefined) return [first <= 255 ? first : null, 2];
  if (way === 2 && first !== undefined && second !== undefined && third !== undefined) {
    return [hex(first, second, third), 4];
  }
  return [null, numbers.length];
}

/** A colour of the palette beyond the sixteen, as `#rrggbb`. */
export function paletteColour(number: number): string {
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return hex(grey, grey, grey);
  }
  const cube = number - 16;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function hex(...parts: number[]): string {
  return `#${parts.map((part) => Math.min(255, Math.max(0, part)).toString(16).padStart(2, "0")).join("")}`;
}

export interface Marked extends Segment {
  /** which match of the line this piece is part of */
  match: number | null;
}

/** Cuts segments at the matches of `needle` in the shown text. */
export function mark(segments: Segment[], needle: string): Marked[] {
  if (needle === "") return segments.map((segment) => ({ ...segment, match: null }));
  const starts = matchesIn(segments.map((segment) => segment.text).join(""), needle);
  if (starts.length === 0) return segments.map((segment) => ({ ...segment, match: null }));
  const marked: Marked[] = [];
  let offset = 0;
  let next = 0;
  for (const { text, style } of segments) {
    let at = 0;
    while (at < text.length) {
      const start = starts[next];
      const place = offset + at;
      const inside = start !== undefined && place >= start;
      const boundary =
        start === undefined ? Number.POSITIVE_INFINITY : inside ? start + needle.length : start;
      const end = Math.min(text.length, boundary - offset);
      marked.push({ text: text.slice(at, end), style, match: inside ? next : null });
      at = end;
      if (inside && offset + at >= boundary) next += 1;
    }
    offset += text.length;
  }
  return marked;
}

function matchesIn(text: string, needle: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) starts.push(at);
  return starts;
}
