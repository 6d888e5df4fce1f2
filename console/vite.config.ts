import { readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const dist = resolve(import.meta.dirname, "../internal/office/web/dist");

/** Empties dist but keeps its README, which lets Go embed the folder before the console is built. */
function sweep(): Plugin {
	return {
		name: "sweep",
		apply: "build",
		buildStart() {
			let names: string[] = [];
			try {
				names = readdirSync(dist);
			} catch {
				return;
			}
			for (const name of names) {
				if (name !== "README.md")
					rmSync(resolve(dist, name), { recursive: true });
			}
		},
	};
}

export default defineConfig({
	plugins: [
		react(),
		{
			...optimizeLocales.vite({ locales: ["ja-JP", "en-US"] }),
			enforce: "pre",
		},
		sweep(),
	],
	build: {
		outDir: dist,
		emptyOutDir: false,
		target: "es2022",
		chunkSizeWarningLimit: 900,
	},
	server: { proxy: { "/api": "http://127.0.0.1:8080" } },
	test: { include: ["src/**/*.test.ts"], environment: "node" },
} as import("vite").UserConfig);
