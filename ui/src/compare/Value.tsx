import { brief } from "../parts/format";

const SHOWN = 160;
const IN_TITLE = 1000;

/** A value in one line, cut where it is long. */
export function Value({ value }: { value: unknown }) {
  if (value === undefined) return <span className="faint">not there</span>;
  const text = brief(value);
  return (
    <code title={text.slice(0, IN_TITLE)}>{text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text}</code>
  );
}
