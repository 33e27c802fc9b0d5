import { expect, test } from "vitest";
import { MessageReader } from "./sse";

const STREAM = 'id: 7\nevent: transitions\ndata: {"a":1}\n\n: heartbeat\n\ndata: one\r\ndata: two\r\n\r\n';

test("messages are whole wherever the pieces end", () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const reader = new MessageReader();
    const got = [];
    for (let at = 0; at < STREAM.length; at += size) got.push(...reader.feed(STREAM.slice(at, at + size)));
    expect(got).toEqual([
      { event: "transitions", data: '{"a":1}', id: "7" },
      { event: "message", data: "one\ntwo", id: "7" },
    ]);
  }
});

test("a message that was not ended is not given", () => {
  expect(new MessageReader().feed("data: half\n")).toEqual([]);
});

test("an event without data is none, and its name is forgotten", () => {
  expect(new MessageReader().feed("event: ping\n\ndata: x\n\n")).toEqual([
    { event: "message", data: "x", id: null },
  ]);
});
