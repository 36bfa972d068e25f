/**
 * A registry of packages on loopback, for npm: it has what this project's own `npm ci` installed, and asks nobody. So
 * the package is installed from its tarball as users do it, in no time and without a network.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { root } from "../process/processes.ts";

interface Lock {
  readonly packages: Readonly<Record<string, object>>;
}

export class Registry {
  readonly url: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static start(): Promise<Registry> {
    const folders = foldersByName();
    const server = createServer(({ url = "/", headers }, response) => {
      const [, tarball] = /^\/-\/(.*)\.tgz$/.exec(decodeURIComponent(url)) ?? [];
      if (tarball !== undefined) {
        const words = [
          "-cz",
          "-C",
          join(root, tarball),
          "--exclude=./node_modules",
          "--transform=s,^[.],package,",
        ];
        const tar = spawn("tar", [...words, "."], { stdio: ["ignore", "pipe", "inherit"] });
        tar.stdout.pipe(response);
        return;
      }
      const found = folders.get(decodeURIComponent(url.slice(1))) ?? [];
      response.writeHead(found.length === 0 ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(packument(found, `http://${headers.host}`)));
    });
    return new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve(new Registry(server)));
    });
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Where each package lies, in every version. */
function foldersByName(): ReadonlyMap<string, readonly string[]> {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  const folders = Object.keys(packages).filter((path) => existsSync(join(root, path, "package.json")));
  return Map.groupBy(folders, (path) => path.slice(path.lastIndexOf("node_modules/") + 13));
}

function packument(folders: readonly string[], base: string): object {
  const versions = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
      version: string;
    };
    return [
      manifest.version,
      { ...manifest, dist: { tarball: `${base}/-/${encodeURIComponent(folder)}.tgz` } },
    ];
  });
  return { "dist-tags": { latest: versions[0]?.[0] }, versions: Object.fromEntries(versions) };
}
