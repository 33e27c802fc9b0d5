import { describe, expect, it } from "vitest";
import { mark, PLAIN, paletteColour, parseLine, plainText } from "./ansi";

const ESC = "\u001b";

describe("a line of a log", () => {
  it("is left alone where nothing steers a terminal", () => {
    expect(parseLine("12 rows\tof 46 — ok")).toEqual([{ text: "12 rows\tof 46 — ok", style: PLAIN }]);
    expect(parseLine("")).toEqual([]);
  });

  it("has the colours that it asks for", () => {
    const [red, plain, mixed, palette] = parseLine(
      `${ESC}[1;31mno${ESC}[0m yes${ESC}[38;2;1;2;300mmix${ESC}[48;5;200mpal`,
    );
    expect(red).toEqual({ text: "no", style: { ...PLAIN, bold: true, foreground: 1 } });
    expect(plain).toEqual({ text: " yes", style: PLAIN });
    expect(mixed?.style.foreground).toBe("#0102ff");
    expect(palette?.style).toMatchObject({ foreground: "#0102ff", background: 200 });
  });

  it("is overwritten by what follows a carriage return", () => {
    expect(plainText("10 %\r50 %\r100 %")).toBe("100 %");
    expect(plainText("downloading\rdone")).toBe("doneloading");
    expect(plainText(`downloading\r${ESC}[Kdone`)).toBe("done");
    expect(plainText("ends\r")).toBe("ends");
    expect(plainText("abc\b\bX")).toBe("aXc");
    expect(plainText(`abc${ESC}[2GX`)).toBe("aXc");
  });

  it("keeps the colours of what was not overwritten", () => {
    const segments = parseLine(`${ESC}[32mgreen${ESC}[0m\rred`);
    expect(segments.map((segment) => [segment.text, segment.style.foreground])).toEqual([
      ["red", null],
      ["en", 2],
    ]);
  });

  it.each([
    ["a title", `${ESC}]0;rm -rf /\u0007after`, "after"],
    ["a link", `${ESC}]8;;javascript:alert(1)${ESC}\\click${ESC}]8;;${ESC}\\`, "click"],
    ["a string without end", `before${ESC}]52;c;cm0gLXJm`, "before"],
    ["a sequence without end", `before${ESC}[31;31;31`, "before"],
    ["clearing the screen", `${ESC}[2J${ESC}[Hafter`, "after"],
    ["a private mode", `${ESC}[?1049hafter`, "after"],
    ["a one-byte control", "\u009b31mred\u009d", "red"],
    ["a charset", `${ESC}(0after`, "after"],
    ["a broken sequence", `${ESC}[31\u0416after`, "\u0416after"],
    ["bells and nulls", "a\u0000\u0007\u007fb", "ab"],
    ["the last escape", `after${ESC}`, "after"],
  ])("drops %s", (_, line, shown) => {
    expect(plainText(line)).toBe(shown);
  });

  it("keeps markup as text", () => {
    const attack = `<img src=x onerror=alert(1)>${ESC}[31m</span><script>alert(2)</script>`;
    expect(plainText(attack)).toBe("<img src=x onerror=alert(1)></span><script>alert(2)</script>");
    for (const { style } of parseLine(`${ESC}[38;2;0;0;0;url(x)m!`)) {
      expect(String(style.foreground)).toMatch(/^(#[0-9a-f]{6}|null)$/);
    }
  });

  it("names characters that would reorder or hide text", () => {
    expect(plainText("user\u202enimda")).toBe("user‹U+202E›nimda");
    expect(plainText("a\u200bb")).toBe("a‹U+200B›b");
  });

  it("cannot be made long by moving", () => {
    expect(plainText(`${ESC}[60000G!`).length).toBeLessThan(5000);
    expect(plainText(`${ESC}[${"1;".repeat(100_000)}mx`)).toBe("x");
  });

  it("takes emoji as one character", () => {
    expect(plainText("😀😀\r🙂")).toBe("🙂😀");
  });
});

describe("the palette", () => {
  it("is the usual cube and greys", () => {
    expect([16, 21, 196, 231, 232, 255].map(paletteColour)).toEqual([
      "#000000",
      "#0000ff",
      "#ff0000",
      "#ffffff",
      "#080808",
      "#eeeeee",
    ]);
  });
});

describe("matches", () => {
  const shown = (line: string, needle: string) =>
    mark(parseLine(line), needle).map((piece) => (piece.match === null ? piece.text : `[${piece.text}]`));

  it("are cut out, across styles too", () => {
    expect(shown("a tile, a tile", "tile")).toEqual(["a ", "[tile]", ", a ", "[tile]"]);
    expect(shown(`ti${ESC}[31mle`, "tile")).toEqual(["[ti]", "[le]"]);
    expect(shown("aaaa", "aa")).toEqual(["[aa]", "[aa]"]);
    expect(shown("nothing", "tile")).toEqual(["nothing"]);
    expect(shown("any", "")).toEqual(["any"]);
  });
});
