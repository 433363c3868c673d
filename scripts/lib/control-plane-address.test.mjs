import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { controlPlaneAddress, ensurePortsFree } from "./control-plane-address.mjs";

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
  expect(() => controlPlaneAddress({ AGENT_TLS_PORT: "none" })).toThrow('AGENT_TLS_PORT is "none"');
  expect(["", "0", "off", "4000"].map((text) => controlPlaneAddress({ AGENT_TLS_PORT: text }).agentPort)).toEqual([3443, null, null, 4000]);
});

test("a port in use is refused with what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await expect(ensurePortsFree({ host: "127.0.0.1", port, agentPort: null })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
  const agentPort = port;
  await expect(ensurePortsFree({ host: "127.0.0.1", port: 0, agentPort })).rejects.toThrow(`AGENT_TLS_PORT=${port + 1} npm start`);
  server.close();
  await once(server, "close");
  await expect(ensurePortsFree({ host: "127.0.0.1", port, agentPort: null })).resolves.toBeUndefined();
});
