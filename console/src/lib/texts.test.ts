import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import en from "../../../internal/office/web/texts/en.json";
import ja from "../../../internal/office/web/texts/ja.json";

const src = resolve(import.meta.dirname, "..");
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
	(f) =>
		/\.tsx?$/.test(f) && !f.startsWith("client") && !f.endsWith(".test.ts"),
);
const code = files.map((f) => [f, readFileSync(join(src, f), "utf8")] as const);
const all = code.map(([, text]) => text).join("\n");
const keys = Object.keys(ja);
const families = new Set(keys.map((k) => k.split(".")[0]));

/** Keys and beginnings of keys (before a placeholder) that stand in the code in quotes. */
const named = [
	...all.matchAll(/["`]@?([a-z_]+\.[A-Za-z0-9_.-]*)(\$\{)?([^"`\n]*)["`]/g),
].filter((m) => families.has(m[1]!.split(".")[0]!));

test("both languages have the same keys and placeholders", () => {
	expect(Object.keys(en).sort()).toEqual([...keys].sort());
	const holes = (s: string) =>
		[...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort();
	for (const k of keys) {
		if (!k.startsWith("screen.")) continue;
		expect(holes((en as Record<string, string>)[k]!), k).toEqual(
			holes((ja as Record<string, string>)[k]!),
		);
	}
});

test("every key that the code names is in the catalogue", () => {
	for (const [whole, key, open] of named) {
		if (open)
			expect(
				keys.some((k) => k.startsWith(key!)),
				whole,
			).toBe(true);
		else if (!key!.endsWith(".")) expect(keys, whole).toContain(key);
	}
});

test("every screen.* key is used", () => {
	const exact = new Set(named.filter((m) => !m[2]).map((m) => m[1]!));
	const families = named
		.filter((m) => m[2])
		.map((m) => ({ start: m[1]!, end: m[3]!.replace(/^[^}]*\}/, "") }));
	const prefixes = [...all.matchAll(/key\("([a-z_.]+)"/g)].map(
		(m) => `${m[1]}.`,
	);
	const unused = keys.filter(
		(k) =>
			k.startsWith("screen.") &&
			!exact.has(k) &&
			!families.some(
				(f) =>
					k.startsWith(f.start) && k.endsWith(f.end) && !f.end.includes("$"),
			) &&
			!prefixes.some((p) => k.startsWith(p)),
	);
	expect(unused).toEqual([]);
});

test("no Japanese stands in the code", () => {
	for (const [file, text] of code) {
		const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
		expect(/[\u3040-\u30ff\u4e00-\u9fff]/.test(bare), file).toBe(false);
	}
});
