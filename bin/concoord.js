#!/usr/bin/env node
// The command `concoord`. It looks at the version of Node before it loads anything that an older one cannot parse.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`concoord needs Node 22.18 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
// What V8 keeps for young objects is bounded when it starts, and cannot be later: so what runs for long starts anew in
// the same process, 20 ms later. A flood makes it grow by 50 MB less then, and it is as fast.
const youngSize = "--max-semi-space-size";
const chosen = `${process.execArgv} ${process.env.NODE_OPTIONS}`.includes(youngSize);
if (
  !chosen &&
  ["replica", "acceptor", "nameserver"].includes(process.argv[2]?.toLowerCase()) &&
  process.platform !== "win32"
) {
  const args = [process.execPath, ...process.execArgv, `${youngSize}=8`, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, process.env);
}
// What was compiled at one start is kept for the next one, in the system's temporary folder.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
await import("../dist/node/main.js");
