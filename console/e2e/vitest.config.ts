import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		root: import.meta.dirname,
		include: ["*.spec.ts"],
		testTimeout: 180000,
		hookTimeout: 60000,
		fileParallelism: false,
	},
});
