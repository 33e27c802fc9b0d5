// For tests: flow files as people and programs write them at their oddest. One number makes one file.

type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Numbers that look random and are the same each time. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 to 1 */
  roll(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(count: number): number {
    return Math.floor(this.roll() * count);
  }

  chance(share: number): boolean {
    return this.roll() < share;
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError("nothing to pick from");
    return list[this.below(list.length)] as T;
  }
}

export function generatedFlow(seed: number): string {
  return new FlowWriter(new Dice(seed)).flow();
}

/** Behind a key's colon, and below. */
interface Written {
  readonly head: string;
  readonly lines: readonly string[];
}

const NAMES = ["fetch", "table", "warn", "tidy", "load", "a", "b", "Tidy_2", "report", "x1"];
const WORDS = [
  "alpha",
  "5m",
  "it's",
  'say "hi"',
  "",
  "yes",
  "12",
  "a: b",
  "x # y",
  "ümlaut 😀",
  " lead",
  "{{ x",
  "- dash",
];

/** Options that anchors and aliases stand at. */
const TIED = new Set(["env", "retries", "needs", "tags", "timeout", "when"]);

class FlowWriter {
  private readonly dice: Dice;
  private readonly indent: number;
  private readonly listIndent: number;
  private readonly comments: number;
  private readonly flows: number;
  private readonly isSpaced: boolean;
  /** names of anchors, by the option that has it */
  private readonly anchored = new Map<string, string>();

  constructor(dice: Dice) {
    this.dice = dice;
    this.indent = dice.pick([2, 2, 2, 4, 3, 1]);
    this.listIndent = dice.pick([0, this.indent, this.indent]);
    this.comments = dice.pick([0, 0.15, 0.4]);
    this.flows = dice.pick([0, 0.2, 0.5, 0.9]);
    this.isSpaced = dice.chance(0.5);
  }

  flow(): string {
    const { dice } = this;
    const names = this.names(1 + dice.below(6));
    const lines = [
      ...(dice.chance(0.1) ? ["---"] : []),
      ...this.around(0),
      ...this.entry("name", "generated", 0),
      ...this.option(0.4, () => this.entry("description", this.text(), 0)),
      ...this.option(0.4, () =>
        this.entry("parameters", { days: 3, city: { type: "string", default: "Oslo" } }, 0),
      ),
      ...this.option(0.3, () => this.entry("env", { A: "1", "B-2": "x" }, 0)),
      ...this.option(0.3, () =>
        this.entry("schedules", [{ cron: "5 7 * * *", catchup: "latest" }, { every: "15m" }], 0),
      ),
      ...this.option(0.5, () => [""]),
      ...this.tasks(names, 0, 0),
      ...this.option(0.5, () => [""]),
      ...this.option(0.6, () => this.entry("output", { last: this.read(names), n: 1 }, 0)),
      ...this.around(0),
    ];
    const lineBreak = dice.chance(0.2) ? "\r\n" : "\n";
    const end = dice.chance(0.85) || lines.some((line) => line.includes("|+")) ? lineBreak : "";
    return lines.join(lineBreak) + end;
  }

  private names(count: number): string[] {
    const left = [...NAMES];
    return Array.from({ length: count }, () => left.splice(this.dice.below(left.length), 1)[0] ?? "z");
  }

  private option<T>(share: number, make: () => readonly T[]): readonly T[] {
    return this.dice.chance(share) ? make() : [];
  }

  private tasks(names: readonly string[], column: number, depth: number): string[] {
    const { dice } = this;
    const bodies = names.map((name, at) => [name, this.body(names.slice(0, at), names, depth)] as const);
    if (depth === 0 ? dice.chance(0.06) : dice.chance(this.flows * 0.2)) {
      return this.entry(
        "tasks",
        Object.fromEntries(bodies.map(([name, body]) => [name, this.plainBody(body)])),
        column,
        1,
      );
    }
    const inner = column + this.indent;
    const lines = bodies.flatMap(([name, body], at) => [
      ...(at > 0 && this.isSpaced ? [""] : []),
      ...this.around(inner),
      ...this.task(name, body, inner, depth),
    ]);
    return [this.head("tasks", "", column), ...lines];
  }

  private task(name: string, body: Body, column: number, depth: number): string[] {
    if (this.dice.chance(this.flows * 0.4)) return this.entry(name, this.plainBody(body), column, 1);
    const inner = column + this.indent;
    const parts = body.map(([key, value]) =>
      value instanceof Inner ? this.tasks(value.names, inner, depth + 1) : this.entry(key, value, inner),
    );
    return [this.head(name, "", column), ...parts.flatMap((lines) => [...this.around(inner), ...lines])];
  }

  /** Groups in braces: their tasks as plain values. */
  private plainBody(body: Body): Record<string, Value> {
    return Object.fromEntries(
      body.map(([key, value]) => {
        if (!(value instanceof Inner)) return [key, value] as const;
        const inner = value.names.map((name, at) => [name, { shell: `echo ${at}` }] as const);
        return [key, Object.fromEntries(inner)] as const;
      }),
    );
  }

  private body(before: readonly string[], all: readonly string[], depth: number): Body {
    const { dice } = this;
    const parts: [string, Value | Inner][] = [this.kind(before, depth)];
    if (before.length > 0 && dice.chance(0.5)) {
      const needs = before.filter(() => dice.chance(0.6));
      const all_ = needs.length === 0 ? before.slice(0, 1) : needs;
      const isMap = dice.chance(0.4);
      const outcomes = ["succeeded", "failed", "finished", "succeeded"];
      parts.push([
        "needs",
        isMap ? Object.fromEntries(all_.map((name) => [name, dice.pick(outcomes)])) : all_,
      ]);
      if (dice.chance(0.15)) parts.push(["join", "any"]);
    }
    if (dice.chance(0.3)) parts.push(["env", { X: this.read(before), Y: dice.pick(WORDS) }]);
    if (dice.chance(0.3)) parts.push(["retries", dice.chance(0.5) ? 3 : { max: 2, delay: ["1s", "2s"] }]);
    if (dice.chance(0.2)) parts.push(["when", this.read(before)]);
    if (dice.chance(0.2)) parts.push(["tags", ["one", "two words"]]);
    if (dice.chance(0.2)) parts.push(["description", `about ${dice.pick(all)}\n`]);
    if (dice.chance(0.2)) parts.push(["timeout", "5m"]);
    return parts
      .map((part) => ({ part, at: dice.roll() }))
      .toSorted((left, right) => left.at - right.at)
      .map(({ part }) => part);
  }

  private kind(before: readonly string[], depth: number): [string, Value | Inner] {
    const { dice } = this;
    const names = depth < 2 && dice.chance(0.25) ? this.names(1 + dice.below(3)) : [];
    if (names.length > 0) return ["tasks", new Inner(names)];
    const old = before.at(-1) ?? "none";
    return dice.pick<[string, Value]>([
      ["shell", "ls"],
      ["shell", `set -eu\n\necho "{{ tasks.${old}.output }}"\n  deeper\n`],
      ["shell", { interpreter: "bash", script: "echo 1\necho 2\n" }],
      ["python", `rows = inputs["${old}"]\n# no comment\nreturn rows\n`],
      ["value", { of: this.read(before), list: [this.read(before), 1, null, true] }],
      ["value", this.read(before)],
      ["http", "https://example.org/x?y=1"],
      ["http", { url: "https://example.org", headers: { A: "b" } }],
      ["wait", "5m"],
      ["sql", { database: "x.db", query: "SELECT 1\nFROM x\n" }],
    ]);
  }

  /** An expression that reads one of the tasks, or none. */
  private read(names: readonly string[]): string {
    const { dice } = this;
    if (names.length === 0) return "{{ params.days }}";
    const name = dice.pick(names);
    return dice.pick([
      `{{ tasks.${name}.output }}`,
      `{{ tasks["${name}"].output }} and 'it'`,
      `{{ tasks.${name}.output.x | join(", ") }}`,
      `a {{ tasks.${name}.output }} b {{ tasks.${dice.pick(names)}.output[0] }}`,
    ]);
  }

  private text(): string {
    return this.dice.pick(["short", "first line\nsecond: line\n", "one\n\n  two\nthree", "tasks.fetch\n"]);
  }

  /** Comments and blank lines, wherever people leave them. */
  private around(column: number): string[] {
    const { dice } = this;
    if (!dice.chance(this.comments)) return [];
    const at = dice.pick([column, column, 0, Math.max(0, column - 1)]);
    const comment = `${" ".repeat(at)}# ${dice.pick(["note", "tasks.fetch: {", "'\"", "- x: y"])}`;
    return dice.pick([[comment], [comment, comment], ["", comment], [comment, ""], [""]]);
  }

  private behind(): string {
    return this.dice.chance(this.comments * 0.6) ? this.dice.pick(["  # behind", " # x: y", "\t# tab"]) : "";
  }

  private head(key: string, value: string, column: number): string {
    const name = this.dice.chance(0.08) ? this.dice.pick([`"${key}"`, `'${key}'`]) : key;
    const gap = value === "" ? "" : this.dice.chance(0.05) ? "   " : " ";
    return `${" ".repeat(column)}${name}:${gap}${value}${this.behind()}`;
  }

  private entry(key: string, value: Value, column: number, flow = this.flows): string[] {
    const { head, lines } = this.tied(key, this.value(value, column, flow));
    return [this.head(key, head, column), ...lines];
  }

  /** Some options have an anchor, or repeat what an option of the same name has. */
  private tied(key: string, written: Written): Written {
    if (!TIED.has(key)) return written;
    const known = this.anchored.get(key);
    if (known !== undefined && this.dice.chance(0.25)) return { head: `*${known}`, lines: [] };
    if (!this.dice.chance(0.07) || /^[|&]/.test(written.head)) return written;
    const name = `n${this.anchored.size}`;
    this.anchored.set(key, name);
    return { head: written.head === "" ? `&${name}` : `&${name} ${written.head}`, lines: written.lines };
  }

  private value(value: Value, column: number, flow: number): Written {
    const { dice } = this;
    if (typeof value === "string" && value.includes("\n") && dice.chance(0.85) && flow < 1)
      return this.block(value, column);
    const isList = Array.isArray(value);
    const isMap = typeof value === "object" && value !== null && !isList;
    if (!isList && !isMap) return { head: this.scalar(value as Exclude<Value, object>, false), lines: [] };
    if (dice.chance(flow)) {
      if (dice.chance(0.25)) return this.longFlow(value as Record<string, Value> | readonly Value[], column);
      return { head: this.inline(value), lines: [] };
    }
    if (isList) return { head: "", lines: this.list(value as readonly Value[], column + this.listIndent) };
    const entries = Object.entries(value as Record<string, Value>);
    const inner = column + this.indent;
    return {
      head: "",
      lines: entries.flatMap(([key, one]) => [...this.around(inner), ...this.entry(key, one, inner)]),
    };
  }

  private list(items: readonly Value[], column: number): string[] {
    return items.flatMap((item) => {
      const dash = `${" ".repeat(column)}- `;
      if (typeof item === "object" && item !== null && !Array.isArray(item) && this.dice.chance(0.7)) {
        const [first = "", ...rest] = Object.entries(item).flatMap(([key, one]) =>
          this.entry(key, one, column + 2, 1),
        );
        return [...this.around(column), dash + first.trimStart(), ...rest];
      }
      return [...this.around(column), dash + this.inline(item) + this.behind()];
    });
  }

  private block(value: string, column: number): Written {
    const { dice } = this;
    const content = column + dice.pick([this.indent, this.indent, 2, 5]);
    const body = value.replace(/\n+$/, "");
    const end = value.endsWith("\n") ? (dice.chance(0.1) ? "+" : "") : "-";
    const number = body.startsWith(" ") || dice.chance(0.1) ? String(content - column) : "";
    const lines = body.split("\n").map((line) => (line === "" ? "" : " ".repeat(content) + line));
    return { head: `|${number}${end}`, lines };
  }

  /** Braces over several lines, with comments and maybe a last comma. */
  private longFlow(value: Record<string, Value> | readonly Value[], column: number): Written {
    const isList = Array.isArray(value);
    const parts = isList
      ? value.map((one) => this.inline(one))
      : Object.entries(value).map(([key, one]) => `${key}: ${this.inline(one)}`);
    const inner = " ".repeat(column + this.indent + 1);
    const lines = parts.map((part, at) => {
      const comma = at < parts.length - 1 || this.dice.chance(0.4) ? "," : "";
      return `${inner}${part}${comma}${this.behind()}`;
    });
    return { head: isList ? "[" : "{", lines: [...lines, `${" ".repeat(column + 1)}${isList ? "]" : "}"}`] };
  }

  private inline(value: Value): string {
    const space = this.dice.chance(0.7) ? " " : "";
    if (Array.isArray(value)) return `[${value.map((one) => this.inline(one)).join(", ")}]`;
    if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value).map(([key, one]) => `${key}: ${this.inline(one)}`);
      return `{${space}${entries.join(", ")}${space}}`;
    }
    return this.scalar(value as Exclude<Value, object>, true);
  }

  private scalar(value: null | boolean | number | string, inFlow: boolean): string {
    if (typeof value !== "string") return String(value);
    const isPlain = inFlow ? /^[A-Za-z][\w ./?=-]*(?<! )$/ : /^[A-Za-z][\w ./:?=-]*(?<! )$/;
    const isText = value !== "yes" && !value.endsWith(":") && !value.includes(": ");
    if (isPlain.test(value) && isText && this.dice.chance(0.8)) return value;
    if (value.includes("\n") || this.dice.chance(0.5)) return JSON.stringify(value);
    return `'${value.replaceAll("'", "''")}'`;
  }
}

type Body = readonly (readonly [string, Value | Inner])[];

/** A group's tasks, by name. */
class Inner {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    this.names = names;
  }
}
