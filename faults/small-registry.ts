/** A registry that has a small image of every name, each its own: what is pulled from it was not there before. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { tarOf } from "../agent/testing/tar-file";

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const docker = (what: string) => `application/vnd.docker.${what}`;

export class SmallRegistry {
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((asked, answer) => {
      const [, name = "", what = "", which = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(asked.url ?? "") ?? [];
      if (!name) return void answer.writeHead(asked.url === "/v2/" ? 200 : 404).end();
      const { manifest, blobs } = imageOf(name);
      const body = what === "manifests" ? manifest : blobs.find((blob) => digestOf(blob) === which);
      if (!body) return void answer.writeHead(404).end();
      const type = what === "manifests" ? docker("distribution.manifest.v2+json") : "application/octet-stream";
      answer.writeHead(200, { "content-type": type, "content-length": body.length, "docker-content-digest": digestOf(body) });
      answer.end(asked.method === "HEAD" ? undefined : body);
    });
  }

  static async start(): Promise<SmallRegistry> {
    const registry = new SmallRegistry();
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  get address(): string {
    return `127.0.0.1:${z.object({ port: z.number() }).parse(this.#server.address()).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function imageOf(name: string): { manifest: Buffer; blobs: Buffer[] } {
  const tar = tarOf("name", Buffer.from(name));
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [digestOf(tar)] } }),
  );
  const described = (mediaType: string, blob: Buffer) => ({ mediaType, size: blob.length, digest: digestOf(blob) });
  const manifest = {
    schemaVersion: 2,
    mediaType: docker("distribution.manifest.v2+json"),
    config: described(docker("container.image.v1+json"), config),
    layers: [described(docker("image.rootfs.diff.tar.gzip"), layer)],
  };
  return { manifest: Buffer.from(JSON.stringify(manifest)), blobs: [config, layer] };
}
