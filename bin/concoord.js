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
const isNode = ["replica", "acceptor", "nameserver"].includes(process.argv[2]?.toLowerCase());
if (isNode && !chosen && process.platform !== "win32") {
  const args = [process.execPath, ...process.execArgv, `${youngSize}=8`, ...process.argv.slice(1)];
  process.execve?.(process.execPath, args, process.env);
}
// A node is at its full speed after seconds, not after half a minute: V8 compiles what ran some hundred times, where it
// waits for some thousand otherwise. The names of these flags are those of V8 13.
if (isNode && Number.parseInt(process.versions.v8, 10) >= 13) {
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--invocation-count-for-maglev=100");
  setFlagsFromString("--invocation-count-for-turbofan=500");
  setFlagsFromString("--minimum-invocations-after-ic-update=100");
}
// What was compiled at one start is kept for the next one, in the system's temporary folder.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
await import("../dist/node/main.js");
