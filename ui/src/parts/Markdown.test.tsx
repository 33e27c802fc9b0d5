// @vitest-environment jsdom
import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { firstLine, Markdown, safeLink } from "./Markdown";

test("Markdown of anyone makes no element of its own and links only to the web", () => {
  const { container } = render(
    <Markdown
      text={
        "<script>alert(1)</script>\n\n<b onclick='x'>hi</b> ![p](https://example.org/p.png) [a](javascript:alert(1)) [b](https://example.org) **c**"
      }
    />,
  );
  expect(container.querySelector("script, img, [onclick]")).toBeNull();
  const links = [...container.querySelectorAll("a")];
  expect(links.map((link) => [link.getAttribute("href"), link.rel])).toEqual([
    ["https://example.org", "noreferrer noopener"],
  ]);
  expect(container.querySelector("strong")?.textContent).toBe("c");
});

test("only http and https are links", () => {
  expect(["http://a", "HTTPS://a", "data:text/html,x", "//a", "file:///etc"].map(safeLink)).toEqual([
    "http://a",
    "HTTPS://a",
    "",
    "",
    "",
  ]);
});

test("a place of one line shows the first of a text, without its signs", () => {
  expect(firstLine("\n# Send **it** to [us](https://a.org)?\nmore")).toBe("Send it to us?");
  expect(firstLine(null)).toBeNull();
});
