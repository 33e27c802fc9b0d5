// Reads a `text/event-stream`: bytes in, whole messages out. It knows nothing of where they come from.

export interface Message {
  event: string;
  data: string;
  /** what `Last-Event-ID` is to say when the stream is taken up again */
  id: string | null;
}

/** A reader that is fed text in pieces of any size and gives back the messages that each piece completes. */
export class MessageReader {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | null = null;
  #afterReturn = false;

  feed(text: string): Message[] {
    // A line may end in \r\n, and the two may come in different pieces.
    const joined = this.#afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterReturn = text.endsWith("\r");
    const lines = (this.#rest + joined).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    const messages: Message[] = [];
    for (const line of lines) {
      const message = this.#line(line);
      if (message) messages.push(message);
    }
    return messages;
  }

  #line(line: string): Message | null {
    if (line === "") return this.#complete();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  #complete(): Message | null {
    const message =
      this.#data.length > 0
        ? { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id }
        : null;
    this.#event = "";
    this.#data = [];
    return message;
  }
}
