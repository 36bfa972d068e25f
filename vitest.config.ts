import { defineConfig } from "vitest/config";

/** Most tests wait for processes and sockets: two files at a time keep two cores busy, three make them wait in line. */
const maxWorkers = 2;

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers },
});
