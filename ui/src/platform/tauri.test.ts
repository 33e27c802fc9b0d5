import { describe, expect, it } from "vitest";
import { frame, unframe } from "./tauri";

describe("what crosses between the page and the app", () => {
  it("is the head's length, the head, and the body's bytes as they are", () => {
    const bytes = frame({ method: "GET", path: "/ä" }, new Uint8Array([0, 255]).buffer);
    const length = new DataView(bytes.buffer).getUint32(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.slice(4, 4 + length)))).toEqual({
      method: "GET",
      path: "/ä",
    });
    expect([...bytes.slice(4 + length)]).toEqual([0, 255]);
  });

  it("comes back as a response with its status, its headers and its bytes", async () => {
    const head = { status: 404, headers: [["content-type", "application/problem+json"]] };
    const framed = frame(head, new TextEncoder().encode('{"title":"no"}').buffer as ArrayBuffer);
    const response = unframe(framed.buffer as ArrayBuffer);
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({ title: "no" });
  });

  it("has no body where there can be none", () => {
    const framed = frame({ status: 204, headers: [] }, new ArrayBuffer(0));
    expect(unframe(framed.buffer as ArrayBuffer).body).toBe(null);
  });
});
