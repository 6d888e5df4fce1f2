import { type Browser, chromium, type Page } from "playwright-core";

export const launch = (): Promise<Browser> =>
	chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
	});

export type Lang = "ja" | "en";

/** A page of a fresh browser in a language, logged in. */
export async function enter(
	browser: Browser,
	url: string,
	user: string,
	password: string,
	lang: Lang,
	more = {},
): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		colorScheme: "light",
		...more,
	});
	await context.addInitScript(
		(l) => localStorage.setItem("commusafe.lang", l),
		lang,
	);
	const page = await context.newPage();
	await page.goto(url);
	await page.locator("input[name=login]").fill(user);
	await page.locator("input[name=password]").fill(password);
	await page.locator("button[type=submit]").click();
	await page.locator("header.top").waitFor();
	return page;
}

/** Where the pages are; the call pages are found by following the first row of a list. */
export const places = ["/", "/past", "/limits", "/words", "/trials", "/settings", "/people", "/trail"];
