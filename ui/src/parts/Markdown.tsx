// Markdown of flows and questions. It is anyone's text: no HTML of its own, no pictures, links only to the web.

import ReactMarkdown from "react-markdown";

export function safeLink(url: string): string {
  return /^https?:\/\//i.test(url) ? url : "";
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
