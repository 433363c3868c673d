import { describe, expect, it } from "vitest";
import { stripInternalHeaders } from "./security-headers";

const sent = {
  "x-middleware-subrequest": "1",
  "x-nextjs-data": "1",
  "x-nextjs-request-id": "r1",
  "x-nextjs-html-request-id": "h1",
  "x-berth-client-address": "192.0.2.1",
  "x-berth-tunnel-secret": "s",
  accept: "text/html",
};
const left = (production: boolean) => {
  const request = { headers: { ...sent } };
  stripInternalHeaders(request, { production });
  return Object.keys(request.headers).sort();
};

describe("headers that only Next or we ourselves may set", () => {
  it("do not come in from outside", () => {
    expect(left(true)).toEqual(["accept", "x-berth-tunnel-secret"]);
  });

  it("leave the development server the two by which a navigation finds its page", () => {
    expect(left(false)).toEqual(["accept", "x-berth-tunnel-secret", "x-nextjs-html-request-id", "x-nextjs-request-id"]);
  });
});
