import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { controlPlaneAddress, ensurePortFree } from "./control-plane-address.mjs";

test("the address people open and the one this machine dials follow the settings", () => {
  expect(controlPlaneAddress({})).toMatchObject({ port: 3000, local: "http://127.0.0.1:3000", publicUrl: "http://localhost:3000" });
  expect(controlPlaneAddress({ PORT: "8080", HOST: "0.0.0.0", PUBLIC_URL: "https://berth.example" })).toMatchObject({
    local: "http://127.0.0.1:8080",
    publicUrl: "https://berth.example",
    agentUrl: "http://127.0.0.1:8080",
  });
  expect(controlPlaneAddress({ TLS_CERT: "cert.pem", HOST: "::", PUBLIC_URL: "https://berth.example" })).toMatchObject({
    local: "https://127.0.0.1:3000",
    agentUrl: "https://berth.example",
  });
  expect(controlPlaneAddress({ TLS_CERT: "cert.pem" }).agentUrl).toBe("https://localhost:3000");
});

test("a port that isn't one is named", () => {
  expect(() => controlPlaneAddress({ PORT: "http" })).toThrow('PORT is "http"');
});

test("a port in use is refused with what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await expect(ensurePortFree({ host: "127.0.0.1", port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
  server.close();
  await once(server, "close");
  await expect(ensurePortFree({ host: "127.0.0.1", port })).resolves.toBeUndefined();
});
