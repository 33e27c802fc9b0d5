// Markdown of flows and questions. It is anyone's text: no HTML of its own, no pictures, links only to the web.

import ReactMarkdown from "react-markdown";

export function safeLink(url: string): string {
  return /^https?:\/\//i.test(url) ? url : "";
}

/** The first line of a text in Markdown, without its signs: for places of one line. */
export function firstLine(text: string | null): string | null {
  const line = text?.split("\n").find((one) => one.trim() !== "");
  return line ? line.replace(/^[#>]+ *|[*_`]|!?\[([^\]]*)\]\([^)]*\)/g, "$1").trim() : null;
}

export function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown
        skipHtml
        disallowedElements={["img"]}
        unwrapDisallowed
        urlTransform={safeLink}
        components={{
          a: ({ href, children }) =>
            href ? (
              <a href={href} target="_blank" rel="noreferrer noopener">
                {children}
              </a>
            ) : (
              <span>{children}</span>
            ),
        }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
