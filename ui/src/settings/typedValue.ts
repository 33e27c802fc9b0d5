/** What was typed, as JSON if it is, else as text. */
export function typedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so it is meant as it stands.
    return text;
  }
}
