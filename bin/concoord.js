#!/usr/bin/env node
// The command `concoord`. It looks at the version of Node before it loads anything that an older one cannot parse.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`concoord needs Node 22.18 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
// What was compiled at one start is kept for the next one, in the system's temporary folder.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
await import("../dist/node/main.js");
