import { mkdirSync } from "node:fs";
import { enter, launch, places } from "./browser";
import { start } from "./mock";

/** Takes a picture of each page, to be looked at. */
const out = process.argv[2] ?? "shots";
mkdirSync(out, { recursive: true });
const mock = await start();
const browser = await launch();
const context = await browser.newContext({
	viewport: { width: 1440, height: 900 },
});
const gate = await context.newPage();
await gate.goto(mock.url);
await gate.locator("input[name=login]").waitFor();
await gate.screenshot({ path: `${out}/login.png` });
for (const [name, lang, more] of [
	["ja", "ja", {}],
	["en", "en", {}],
	["dark", "ja", { colorScheme: "dark" }],
	["1024", "ja", { viewport: { width: 1024, height: 768 } }],
	["narrow", "ja", { viewport: { width: 390, height: 844 } }],
] as const) {
	const page = await enter(browser, mock.url, "sato", "x", lang, more);
	const paths = [
		...places,
		"/calls/019ab000-0000-7000-8000-000000000001",
		"/calls/019ab000-0000-7000-8000-000000000002",
		"/calls/019ab000-0000-7000-8000-000000000006",
		"/past/019ab000-0000-7000-8000-000000000001",
	];
	for (const path of paths) {
		await page.goto(mock.url + path);
		await page.locator("h1").waitFor();
		await page.waitForTimeout(500);
		const file =
			path === "/" ? "live" : path.slice(1).replace(/\/.*(\d)$/, "-$1");
		await page.screenshot({
			path: `${out}/${name}-${file}.png`,
			fullPage: path !== "/",
		});
	}
	await page.context().close();
}
await browser.close();
await mock.stop();
