import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: resolve(import.meta.dirname, "../node_modules/.vite"),
  test: {
    root: import.meta.dirname,
    include: ["*.spec.ts"],
    testTimeout: 180000,
    hookTimeout: 60000,
    fileParallelism: false,
  },
});
