import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { enter, type Lang, launch, places } from "./browser";
import { me } from "./data";
import { type Mock, start } from "./mock";

/**
 * The console in a real browser. Against the stand-in (default), or against the product with CONSOLE_URL, CONSOLE_USER
 * and CONSOLE_PASSWORD; then only what any running product must fulfil is tested.
 */
const real = process.env.CONSOLE_URL;
const user = process.env.CONSOLE_USER ?? "sato";
const password = process.env.CONSOLE_PASSWORD ?? "any";

let browser: Browser;
let mock: Mock;
let url: string;

beforeAll(async () => {
	browser = await launch();
	if (!real) mock = await start();
	url = real ?? mock.url;
});
afterAll(async () => {
	await browser?.close();
	await mock?.stop();
});

async function violations(page: Page) {
	const found = await new AxeBuilder({ page })
		.withTags([
			"wcag2a",
			"wcag2aa",
			"wcag21a",
			"wcag21aa",
			"wcag22aa",
			"best-practice",
		])
		.analyze();
	return found.violations.map(
		(v) =>
			`${v.id}: ${v.nodes.map((n) => `${n.target.join(" ")} ${n.failureSummary}`).join(" | ")}`,
	);
}

const ids = (n: number) => `019ab000-0000-7000-8000-00000000000${n}`;
const grave = `/calls/${ids(1)}`;

describe.each<Lang>(["ja", "en"])("accessibility, %s", (lang) => {
	test("log-in page", async () => {
		const context = await browser.newContext();
		await context.addInitScript(
			(l) => localStorage.setItem("commusafe.lang", l),
			lang,
		);
		const page = await context.newPage();
		await page.goto(url);
		await page.locator("input[name=login]").waitFor();
		expect(await page.locator("html").getAttribute("lang")).toBe(lang);
		expect(await violations(page)).toEqual([]);
		await context.close();
	});

	test("every page, light and dark", async () => {
		for (const colorScheme of ["light", "dark"]) {
			const page = await enter(browser, url, user, password, lang, {
				colorScheme,
			});
			const strange: string[] = [];
			page.on("request", (r) => {
				if (!r.url().startsWith(url) && !/^(data|blob):/.test(r.url()))
					strange.push(r.url());
			});
			page.on("pageerror", (e) => strange.push(String(e)));
			page.on("console", (m) => {
				if (m.type() === "error") strange.push(m.text());
			});
			const shown = new Set(
				await page
					.locator("header.top nav a")
					.evaluateAll((as) => as.map((a) => a.getAttribute("href") ?? "")),
			);
			const paths = places.filter((p) => shown.has(p));
			if (!real)
				paths.push(
					...[1, 2, 3, 5, 6].map((n) => `/calls/${ids(n)}`),
					`/past/${ids(1)}`,
					"/limits?call=x",
					"/nowhere",
				);
			for (const path of paths) {
				await page.goto(url + path);
				await page.locator("h1").waitFor();
				await page.waitForTimeout(300);
				expect(
					await violations(page),
					`${path} ${lang} ${colorScheme}`,
				).toEqual([]);
				expect(await page.locator("html").getAttribute("lang")).toBe(lang);
				const body = await page.locator("body").innerText();
				expect(
					body.match(/\b(screen|action|category|error|because)\.[a-z_]+/),
					path,
				).toBeNull();
			}
			expect(strange).toEqual([]);
			await page.context().close();
		}
	});

	test("nothing runs over the edge of a narrow screen", async () => {
		const page = await enter(browser, url, user, password, lang, {
			viewport: { width: 390, height: 844 },
		});
		const paths = real ? ["/"] : [...places, grave, `/past/${ids(1)}`];
		for (const path of paths) {
			await page.goto(url + path);
			await page.locator("h1").waitFor();
			await page.waitForTimeout(300);
			const over = await page.evaluate(
				() =>
					document.documentElement.scrollWidth -
					document.documentElement.clientWidth,
			);
			expect(over, path).toBeLessThanOrEqual(0);
		}
		await page.context().close();
	});
});

describe.skipIf(real)("what people do", () => {
	let page: Page;
	beforeAll(async () => {
		page = await enter(browser, url, user, password, "ja");
	});
	afterAll(() => page?.context().close());
	const home = async () => {
		await page.goto(url);
		await page.locator("table.calls").first().waitFor();
	};

	test("a wrong password says so and keeps the name", async () => {
		const context = await browser.newContext();
		const other = await context.newPage();
		await other.goto(url);
		await other.locator("input[name=login]").fill("sato");
		await other.locator("input[name=password]").fill("wrong");
		await other.keyboard.press("Enter");
		await other.locator(".note.bad").waitFor();
		expect(await other.locator(".note.bad").innerText()).toContain(
			"0a1b2c3d4e",
		);
		expect(await other.locator("input[name=login]").inputValue()).toBe("sato");
		await context.close();
	});

	test("the worst call is first, with its words and what comes next", async () => {
		await home();
		const first = page.locator("tr.call-row").first();
		expect(await first.innerText()).toContain("重大");
		expect(await first.innerText()).toContain("絶対切らせねえからな");
		expect(await first.innerText()).toContain("終話の案内と遮断");
		expect(await page.locator("tr.call-row").nth(1).innerText()).toContain(
			"あなたの確認待ち",
		);
	});

	test("a call that turns grave goes to the top and is told at once", async () => {
		await home();
		await page.waitForTimeout(300);
		mock.tell((calls) => {
			const c = calls.find((x) => x.incoming.id === ids(4))!;
			c.judgement = {
				...c.judgement,
				level: "S4",
				findings: [
					{
						...calls[0]!.judgement.findings![0]!,
						category: "THREAT",
						level: "S4",
						words: "火をつけてやる",
					},
				],
			};
			c.state = { ...c.state, stage: "emergency", hands_off: true };
			c.outlook = { held: "emergency" };
			c.peak = "S4";
		});
		await page
			.locator("[role=alert]", { hasText: "緊急" })
			.waitFor({ state: "attached" });
		await page
			.locator("tr.call-row")
			.first()
			.getByText("火をつけてやる")
			.waitFor();
		expect(await page.locator("tr.call-row").first().innerText()).toContain(
			"自動では何もしません",
		);
		expect(await violations(page)).toEqual([]);
	});

	test("J and K walk along the rows, Enter opens, and it can be switched off", async () => {
		await home();
		await page.keyboard.press("j");
		await page.keyboard.press("j");
		const focus = () =>
			page.evaluate(() => document.activeElement?.getAttribute("href"));
		expect(await focus()).toBe(grave);
		await page.keyboard.press("k");
		expect(await focus()).toBe(`/calls/${ids(4)}`);
		await page.keyboard.press("j");
		await page.keyboard.press("Enter");
		await page.locator(".call-strip").waitFor();
		expect(new URL(page.url()).pathname).toBe(grave);
		await home();
		await page.locator(".switch", { hasText: "J/K" }).click();
		await page.keyboard.press("j");
		expect((await focus()) ?? "").not.toContain("/calls/");
	});

	test("the skip link is the first stop and leads to the content", async () => {
		await home();
		await page.keyboard.press("Tab");
		expect(await page.evaluate(() => document.activeElement?.className)).toBe(
			"skip",
		);
		await page.keyboard.press("Enter");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe(
			"content",
		);
	});

	test("a notice is acknowledged and says by whom", async () => {
		await home();
		const before = await page.locator(".notice.waiting").count();
		await page.locator(".notice.waiting .button.primary").first().click();
		await page.waitForFunction(
			(n) => document.querySelectorAll(".notice.waiting").length === n - 1,
			before,
		);
		expect(await page.locator(".side").innerText()).toContain(
			"佐藤 花子 さんが",
		);
	});

	test("what the voicebot learned stands beside the buttons, so that the caller need not say it again", async () => {
		await page.goto(url + grave);
		const bot = await page.locator("section.bot").innerText();
		for (const words of [
			"優先度1",
			"ご請求・お支払い",
			"確認済み",
			"請求の金額が違います",
			"4071",
			"0が押された",
			"00c0de",
			"乱暴な言葉",
		])
			expect(bot).toContain(words);
		expect(bot).not.toContain("文字起こしがない");
	});

	test("of a past call, too, without the alarm", async () => {
		await page.goto(`${url}/past/${ids(1)}`);
		const bot = await page.locator("section.bot").innerText();
		for (const words of ["故障・修理", "未確認", "伝言をお預かり", "文字起こしがない"])
			expect(bot).toContain(words);
		expect(bot).not.toContain("優先度1");
	});

	test("action buttons are large enough to hit", async () => {
		await page.goto(url + grave);
		await page.locator(".act").first().waitFor();
		for (const b of await page.locator(".actions button").all()) {
			const box = (await b.boundingBox())!;
			expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(44);
		}
	});

	test("a proposal is confirmed with one press, and the buttons wait while it runs", async () => {
		await page.goto(url + `/calls/${ids(2)}`);
		await page.locator(".propose").click();
		await page.getByText("「警告」を受け付けました").waitFor();
		await page.getByText("「警告2」を実行しています。").waitFor();
		expect(await page.locator(".do-announce").isDisabled()).toBe(true);
		expect(await page.locator(".do-announce").innerText()).toContain("実行中");
		expect(await page.locator(".button.cut").isDisabled()).toBe(false);
	});

	test("a rough reading is shown to who wants it, says what it is, and is made no longer than that", async () => {
		await page.goto(url + grave);
		const panel = page.locator("section[aria-labelledby=rough-title]");
		await panel.waitFor();
		expect(await panel.innerText()).toContain("このかなは判定に使わず、記録もしません");
		expect(mock.looking()).toBe(0);
		await panel.locator(".switch").click();
		await panel.getByText("いあか へんにしよ").waitFor();
		expect(await panel.locator(".rough").getAttribute("lang")).toBe("ja");
		expect(await violations(page)).toEqual([]);
		expect(mock.looking()).toBe(1);
		await panel.locator(".switch").click();
		await panel.locator(".rough").waitFor({ state: "detached" });
		await expect.poll(mock.looking).toBe(0);
		await panel.locator(".switch").click();
		await panel.locator(".rough").waitFor();
		await page.goto(`${url}/limits`);
		await expect.poll(mock.looking).toBe(0);
	});

	test("a refused command says why", async () => {
		await page.goto(url + grave);
		await page.locator(".actions input").fill("busy");
		await page.locator(".do-announce").click();
		const said = page.locator(".said[role=alert]");
		await said.waitFor();
		expect(await said.innerText()).toContain("別の対処を実施中です");
	});

	const cuts = () =>
		mock.asked.filter((a) => (a.body as { do?: string })?.do === "cut").length;

	test("a short press does not cut", async () => {
		await page.goto(url + grave);
		await page.locator(".button.cut").hover();
		await page.mouse.down();
		await page.waitForTimeout(500);
		expect(
			await page
				.locator(".button.cut .fill")
				.evaluate((e) => e.getBoundingClientRect().width),
		).toBeGreaterThan(20);
		await page.mouse.up();
		await page.getByText("まだ切っていません").waitFor();
		await page.waitForTimeout(1000);
		expect(cuts()).toBe(0);
	});

	test("holding the key cuts once and the screen says how it ended", async () => {
		await page.goto(url + grave);
		await page.locator(".button.cut").focus();
		await page.keyboard.down("Enter");
		await page.waitForTimeout(1600);
		await page.keyboard.up("Enter");
		await page.getByText("上席者が遮断しました。").waitFor();
		expect(cuts()).toBe(1);
		expect(await page.locator(".actions").count()).toBe(0);
	});

	test("holding the pointer cuts", async () => {
		await page.goto(url + `/calls/${ids(2)}`);
		await page.locator(".button.cut").hover();
		await page.mouse.down();
		await page.waitForTimeout(1500);
		await page.mouse.up();
		await page.getByText("上席者が遮断しました。").waitFor();
		expect(cuts()).toBe(2);
	});

	test("a screen reader's press asks before it cuts", async () => {
		await page.goto(url + `/calls/${ids(3)}`);
		await page
			.locator(".button.cut")
			.evaluate((b) => (b as HTMLElement).click());
		await page.locator("[role=alertdialog]").waitFor();
		expect(await violations(page)).toEqual([]);
		await page.keyboard.press("Escape");
		await page.locator("[role=alertdialog]").waitFor({ state: "detached" });
		expect(cuts()).toBe(2);
	});

	test("a case can't be closed with an element unanswered", async () => {
		await page.goto(url + `/past/${ids(1)}`);
		const form = page.locator("form", { hasText: "3つの要素" });
		const closings = () =>
			mock.asked.filter((a) => a.path.endsWith("/status")).length;
		await form.locator("button[type=submit]").click();
		await form.locator(".note.bad").waitFor();
		expect(closings()).toBe(0);
		for (const n of [0, 1, 2])
			await form.locator("fieldset").nth(n).getByText("いいえ").click();
		await form.locator("button[type=submit]").click();
		await page.waitForFunction(() => !document.querySelector("form .note.bad"));
		expect(mock.asked.at(-1)).toMatchObject({
			body: {
				status: "closed",
				outcome: "complaint",
				review: { conduct: "no", beyond: "no", harmed: "no" },
			},
		});
	});

	test("official types are proposed, and decided on by a person, by keyboard", async () => {
		await page.goto(url + `/past/${ids(2)}`);
		const form = page.locator("form", { hasText: "3つの要素" });
		const space = async (name: string) => {
			await form.getByRole("checkbox", { name }).focus();
			await page.keyboard.press("Space");
		};
		const ticked = () => form.locator("fieldset.types input:checked").count();
		await form.getByLabel("結果").selectOption("complaint");
		expect(await form.locator("fieldset.types").count()).toBe(0);
		await form.getByLabel("結果").selectOption("harassment");
		await form.locator("fieldset.types").first().waitFor();
		expect(await ticked()).toBe(6);
		for (const n of [0, 1, 2])
			await form.locator("fieldset.element").nth(n).getByText("はい", { exact: true }).click();
		await form.locator("button[type=submit]").click();
		await page.getByText("公的な類型は、まだ人が決めていません。").waitFor();
		const last = () => mock.asked.at(-1)?.body as Record<string, unknown>;
		expect(last()).not.toHaveProperty("types");

		const later = page.locator("form", { hasText: "「提案」は" });
		await later.getByRole("checkbox", { name: "暴言型" }).focus();
		await page.keyboard.press("Space");
		await later.locator("summary").first().focus();
		await page.keyboard.press("Enter");
		await later.getByRole("checkbox", { name: "継続的・執拗な言動" }).focus();
		await page.keyboard.press("Space");
		expect(await violations(page)).toEqual([]);
		await later.getByRole("button", { name: "類型を決める" }).focus();
		await page.keyboard.press("Enter");
		await page.getByText("佐藤 花子が").waitFor();
		expect(last()).toEqual({
			version: 0,
			types: {
				mhlw2026: ["mhlw2026.mental", "mhlw2026.intimidating", "mhlw2026.persistent"],
				mhlw9: [],
				tokyo: ["tokyo.mental", "tokyo.intimidating"],
				ccaj: ["暴言にあたるもの(当社訳)"],
			},
		});

		await page.goto(url + `/past/${ids(4)}`);
		await form.getByLabel("結果").selectOption("harassment");
		for (const n of [0, 1, 2])
			await form.locator("fieldset.element").nth(n).getByText("はい", { exact: true }).click();
		await space("印を確かめた。この類型で決める");
		await space("暴言型");
		expect(await form.getByLabel("印を確かめた。この類型で決める").isChecked()).toBe(false);
		await space("印を確かめた。この類型で決める");
		expect(await violations(page)).toEqual([]);
		await form.locator("button[type=submit]").focus();
		await page.keyboard.press("Enter");
		await page.getByText("佐藤 花子が").waitFor();
		expect(last()).toMatchObject({
			status: "closed",
			outcome: "harassment",
			types: { mhlw9: [], tokyo: ["tokyo.mental", "tokyo.intimidating"] },
		});

		await page.goto(`${url}/settings`);
		await page.getByRole("rowheader", { name: "以前の一覧の名前 いまの一覧にはない" }).waitFor();
		await page.getByText("完了 12件、うち該当 9件").waitFor();
		await page.getByLabel("完了した日(から)").fill("2026-11-01");
		await page.getByLabel("完了した日(まで)").fill("2026-11-30");
		await page.getByText("完了 4件").waitFor();
		expect(await page.locator("a[href^='/api/v1/types/export']").getAttribute("href")).toBe(
			"/api/v1/types/export?from=2026-10-31T15%3A00%3A00.000Z&to=2026-11-30T15%3A00%3A00.000Z",
		);
	});

	test("a trial shows how far it is, and on which seconds it differs", async () => {
		await page.goto(`${url}/trials`);
		await page.getByText("412 通話中 130 通話", { exact: true }).waitFor();
		expect(
			await page.locator("progress").evaluate((p) => (p as HTMLProgressElement).value),
		).toBe(130);
		await page.getByRole("button", { name: "見る" }).first().click();
		const list = page.getByRole("list", { name: /別の設定で判定し直す.* の通話/ });
		await list.waitFor();
		expect(await list.innerText()).toContain("0:31");
		expect(await list.innerText()).toContain("1:31");
		expect(await violations(page)).toEqual([]);
		await page.locator("form select").first().selectOption("change");
		await page.locator("form input[type=number]").first().fill("7");
		await page.locator("button[type=submit]").click();
		await page.waitForTimeout(200);
		expect(mock.asked.at(-1)).toMatchObject({
			path: "/api/v1/trials",
			body: { kind: "change", days: 7, preset: "auto" },
		});
	});

	test("other thresholds, packs and words are tried, and a trial is stopped, by keyboard", async () => {
		await page.goto(`${url}/trials?trade=finance,home`);
		const kind = page.locator("form select").first();
		await kind.waitFor();
		expect(await kind.inputValue()).toBe("change");
		await page.locator("summary", { hasText: "しきい値を変えて試す" }).focus();
		await page.keyboard.press("Enter");
		const pair = page.locator("input[name='pair_ms.0']");
		expect(await page.locator(`[id='${await pair.getAttribute("aria-describedby")}']`).innerText()).toBe("今 90 秒、出荷時 60 秒");
		await pair.fill("45");
		await page.locator("input[name='stalemate_min.1']").fill("20");
		await page.getByLabel("現場の語句を変えて試す").focus();
		await page.keyboard.press("Space");
		await page.getByRole("checkbox", { name: "看板に味噌を塗ってやる" }).focus();
		await page.keyboard.press("Space");
		expect(await violations(page)).toEqual([]);
		await page.locator("button[type=submit]").focus();
		await page.keyboard.press("Enter");
		await page.waitForTimeout(200);
		expect(mock.asked.findLast((a) => a.method === "POST" && a.path.endsWith("/trials"))?.body).toMatchObject({
			kind: "change",
			thresholds: { pair_ms: 45000, stalemate_min: [15, 20, 60] },
			trade: ["finance", "home"],
			words: { version: 3, put: [{ id: "OWN-1", off: true }] },
		});
		expect(mock.asked.some((a) => a.method === "PUT" && a.path.endsWith("/lexicon"))).toBe(false);
		await page.getByRole("button", { name: "中止する" }).first().click();
		await page.waitForTimeout(200);
		expect(mock.asked.some((a) => a.path.endsWith("/trials/t-change-running/stop"))).toBe(true);
		await page.getByText("業種辞書: 住まい・害虫・修理").waitFor();
	});

	test("the types of the CCAJ guideline are entered, and stand beside the others", async () => {
		await page.goto(`${url}/settings`);
		await page.getByRole("button", { name: "類型を加える" }).focus();
		await page.keyboard.press("Enter");
		await page.locator("input[name=ccaj]").last().fill("土下座にあたるもの");
		await page.locator("summary", { hasText: "類型 3 にあてはまる区分" }).focus();
		await page.keyboard.press("Enter");
		await page.getByRole("checkbox", { name: "土下座" }).last().focus();
		await page.keyboard.press("Space");
		expect(await violations(page)).toEqual([]);
		await page.getByRole("button", { name: "類型を保存する" }).focus();
		await page.keyboard.press("Enter");
		await page.waitForTimeout(200);
		const body = mock.asked.findLast((a) => a.method === "PUT" && a.path.endsWith("/types"))?.body as { types: unknown[] };
		expect(body.types).toHaveLength(3);
		expect(body.types[2]).toEqual({ name: "土下座にあたるもの", categories: ["DOGEZA"] });
		await page.goto(`${url}/past/${ids(1)}`);
		await page.getByText("暴言にあたるもの(当社訳)").waitFor();
	});

	test("the desk's hours and the categories to be careful with are set by keyboard", async () => {
		await page.goto(`${url}/settings`);
		await page.getByLabel("月曜日の開始").fill("09:00");
		await page.getByText("それより後の終了を入れてください").waitFor();
		await page.getByLabel("月曜日の終了").fill("00:00");
		expect(await page.getByText("それより後の終了を入れてください").count()).toBe(0);
		await page.getByText("終日閉まっています").first().waitFor();
		await page.getByRole("button", { name: "慎重に扱う類型を足す" }).focus();
		await page.keyboard.press("Enter");
		await page.getByLabel("1番目の類型").selectOption("SEXUAL");
		await page.getByLabel("1番目の段階").selectOption("S2");
		await page.getByLabel("1番目の扱い").selectOption("watch");
		await page.getByLabel("専門の担当者の内線番号").fill("8000");
		expect(await violations(page)).toEqual([]);
		await page.getByRole("button", { name: "保存する", exact: true }).focus();
		await page.keyboard.press("Enter");
		await page.waitForTimeout(200);
		const body = mock.asked.findLast((a) => a.method === "PUT" && a.path.endsWith("/settings"))?.body as { rules: Record<string, unknown> };
		expect(body.rules.desk).toEqual([{ day: 1, from: "09:00", until: "24:00" }]);
		expect(body.rules.careful).toEqual([{ category: "SEXUAL", through: "S2", preset: "watch" }]);
		expect(body.rules.team).toBe("8000");
		await page.getByRole("button", { name: "「セクシュアルハラスメント」を取り除く" }).click();
		expect(await page.getByLabel("1番目の類型").count()).toBe(0);
	});

	test("closed days are entered, read from a list with its mistakes, and saved, by keyboard", async () => {
		await page.goto(`${url}/settings`);
		const days = page.locator(".closed-list li");
		await days.first().waitFor();
		const before = await days.count();
		await page.getByText("過ぎた日。保存すると消えます").waitFor();
		await page.getByLabel("日付", { exact: true }).fill("2099-12-31");
		await page.getByText("その日はもう入っています。").waitFor();
		await page.getByLabel("日付", { exact: true }).fill("2020-01-01");
		await page.getByText("今日より前の日は入れられません。").waitFor();
		await page.getByLabel("日付", { exact: true }).fill("2099-08-13");
		await page.getByLabel("名前(なくてもよい)").fill("夏休み");
		await page.keyboard.press("Enter");
		expect(await days.count()).toBe(before + 1);

		await page.locator("summary", { hasText: "祝日などの一覧を読み込む" }).focus();
		await page.keyboard.press("Enter");
		const read = page.getByRole("button", { name: "読み込む", exact: true });
		await page.getByLabel("または、ここに貼り付ける").fill("2099/1/11,成人の日\n2099/2/30,無い日\n");
		await read.focus();
		await page.keyboard.press("Enter");
		await page.getByText("2 行目: 「2099/2/30」は日付として読めません。").waitFor();
		expect(await days.count()).toBe(before + 1);
		await page.getByLabel("または、ここに貼り付ける").fill("2099/1/11,成人の日\n");
		await read.focus();
		await page.keyboard.press("Enter");
		await page.getByText("1日を加えました(過ぎた日 3日は読み飛ばしました)。まだ保存していません。").waitFor();
		expect(await days.count()).toBe(before + 2);
		await page.getByRole("button", { name: /^2099.12.31.*を取り除く$/ }).focus();
		await page.keyboard.press("Enter");
		expect(await days.count()).toBe(before + 1);
		expect(await violations(page)).toEqual([]);
		const saved = () => mock.asked.findLast((a) => a.method === "PUT" && a.path.endsWith("/settings"))?.body as { rules: { closed?: { date: string }[] } } | undefined;
		expect(saved()?.rules.closed?.some((d) => d.date === "2099-08-13") ?? false).toBe(false);
		await page.getByRole("button", { name: "保存する", exact: true }).focus();
		await page.keyboard.press("Enter");
		await page.waitForTimeout(200);
		expect(saved()?.rules.closed?.map((d) => d.date)).toEqual(["2026-08-13", "2099-01-01", "2099-08-13", "2099-01-11"]);
	});

	test("a limit is proposed for all who withhold their number, never to refuse them", async () => {
		await page.goto(`${url}/limits`);
		await page.getByRole("button", { name: "制限を提案する" }).click();
		await page.getByLabel("対象", { exact: true }).selectOption("withheld");
		await page.getByText("全員に適用されます").waitFor();
		await page.getByLabel("着信の受け方").selectOption("refuse");
		await page.getByLabel("理由(事実を書く)").fill("無言電話が続くため");
		await page.getByLabel("ほかの連絡方法(書面、窓口など)").fill("書面");
		await page.getByRole("button", { name: "提案する", exact: true }).click();
		await page.locator(".note.bad").waitFor();
		await page.getByLabel("着信の受け方").selectOption("team");
		await page.getByLabel("対象の件名(その件に限るとき)").fill("返金の件");
		expect(await violations(page)).toEqual([]);
		await page.getByRole("button", { name: "提案する", exact: true }).click();
		await page.waitForTimeout(200);
		const body = mock.asked.findLast((a) => a.method === "POST" && a.path.endsWith("/limits"))?.body as Record<string, unknown>;
		expect(body).toMatchObject({ withheld: "withheld", matter: "返金の件", take: "team" });
		expect(body.number).toBeUndefined();
	});

	test("voices are turned on by a second person, and off after a question", async () => {
		await page.goto(`${url}/settings`);
		await page.getByText("精度には限りがあります").waitFor();
		await page.getByRole("button", { name: "承認する", exact: true }).focus();
		await page.keyboard.press("Enter");
		await page.getByText("上席者に参考として示すため").first().waitFor();
		await page.getByLabel("保存日数(180日まで)").fill("60");
		await page.getByRole("button", { name: "変更を申請する" }).focus();
		await page.keyboard.press("Enter");
		await page.getByText("申請した人は承認できません").waitFor();
		expect(await violations(page)).toEqual([]);
		const asked = mock.asked.findLast((a) => a.path.endsWith("/voices/ask"))?.body as Record<string, unknown>;
		expect(asked).toMatchObject({ days: 60 });
		await page.getByRole("button", { name: "声の登録をやめる" }).click();
		await page.getByText("登録した声はすべて消去され").waitFor();
		expect(await violations(page)).toEqual([]);
		expect(mock.asked.some((a) => a.path.endsWith("/voices/off"))).toBe(false);
		await page.getByRole("dialog").getByRole("button", { name: "声の登録をやめる" }).click();
		await page.getByText("使っていません").waitFor();
	});

	test("a limit for a voice alone is proposed from a call, and names no number", async () => {
		await page.goto(`${url}/settings`);
		await page.getByText("精度には限りがあります").waitFor();
		if (await page.getByText("使っていません").count()) {
			await page.getByLabel("利用目的(公表する文)").fill("カスハラに該当した事案の発信者に似た声を示すため");
			await page.getByRole("button", { name: "使うことを申請する" }).click();
			await page.getByText("承認待ち").first().waitFor();
			await page.evaluate(() =>
				fetch("/api/v1/voices/approve", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }),
			);
		}
		await page.goto(`${url}/limits?call=${ids(2)}`);
		await page.getByLabel("着信の受け方").selectOption("candidate");
		await page.getByText("電話番号は対象にしません").waitFor();
		expect(await page.getByRole("checkbox", { name: "この通話の発信者の声も登録する(参考)" }).isChecked()).toBe(true);
		await page.getByLabel("理由(事実を書く)").fill("番号を変えながらの脅迫");
		await page.getByLabel("ほかの連絡方法(書面、窓口など)").fill("書面");
		expect(await violations(page)).toEqual([]);
		await page.getByRole("button", { name: "提案する", exact: true }).click();
		await page.waitForTimeout(200);
		const body = mock.asked.findLast((a) => a.method === "POST" && a.path.endsWith("/limits"))?.body as Record<string, unknown>;
		expect(body).toMatchObject({ call: ids(2), take: "candidate", voice: true });
		expect(body.number).toBeUndefined();
	});

	test("a voice like a registered one is shown for reference, with the reason and no name", async () => {
		for (const [path, near] of [[`/calls/${ids(2)}`, "近さ 0.81"], [`/past/${ids(1)}`, "近さ 0.77"]] as const) {
			await page.goto(url + path);
			const note = page.locator(".note", { hasText: "登録された声に近い可能性(参考)" });
			await note.waitFor();
			const text = await note.innerText();
			expect(text).toContain("本人とは限りません");
			expect(text).toContain("番号を変えながら繰り返された脅迫");
			expect(text).toContain(near);
			expect(text).not.toMatch(/[0-9]{4,}|v4|鈴木|佐藤/);
		}
		await page.getByText("登録された声に近い可能性(参考)。本人とは限りません。").waitFor();
	});

	test("a criterion tells everything that is wrong with it at once", async () => {
		await page.goto(`${url}/settings`);
		const when = page.locator(".criterion textarea").first();
		await when.fill('minuts > 5 && strikes > "a"');
		const wrong = page.locator(".criterion .note.bad");
		await wrong.waitFor();
		expect(await wrong.innerText()).toContain("minuts");
		expect(await wrong.innerText()).toContain("1行 23字目");
		const preview = page.getByRole("button", { name: "過去28日の通話で試す" });
		expect(await preview.isDisabled()).toBe(true);
		expect(await violations(page)).toEqual([]);
		await when.fill("minutes > 5");
		await wrong.waitFor({ state: "detached" });
		await preview.click();
		await page.waitForURL(`${url}/trials`);
		expect(
			mock.asked.find((a) => a.path.endsWith("/trials") && JSON.stringify(a.body).includes("minutes > 5")),
		).toBeTruthy();
	});

	test("why something was not heard is said in words, and an old journal's reason as it stands", async () => {
		await page.goto(url + `/past/${ids(1)}`);
		const gaps = page.locator(".line.k-gap");
		await gaps.first().waitFor();
		const shown = (await gaps.allInnerTexts()).join("\n");
		expect(shown).toContain("リスナーから応答がなくなりました");
		expect(shown).toContain("the listener is gone");
		expect(shown).not.toContain("gap.");
	});

	test("a line of a past call is played from where it stands", async () => {
		await page.goto(url + `/past/${ids(1)}`);
		await page.locator(".line.k-phrase .seek").nth(1).click();
		await page.waitForFunction(() =>
			document.querySelector(".clock")?.textContent?.startsWith("0:29"),
		);
		await page.locator(".controls .button.primary").click();
		await page.waitForFunction(() =>
			/^0:3[0-9]/.test(document.querySelector(".clock")?.textContent ?? ""),
		);
		await page.locator(".controls .button").nth(1).click();
		expect(await page.locator(".line.current").count()).toBe(1);
	});

	test("past calls are filtered by the office, and nothing about people stands in the address", async () => {
		await page.goto(`${url}/past`);
		await page.locator("form.filter select").first().selectOption("S2");
		await page.locator("form.filter input[inputmode=tel]").fill("090");
		await page.keyboard.press("Enter");
		await page.waitForFunction(
			() => document.querySelectorAll("table.past tbody tr").length === 2,
		);
		expect(page.url()).toBe(`${url}/past`);
		expect(mock.asked.at(-1)?.body).toMatchObject({
			level: "S2",
			number: "090",
		});
		const kept = await page.evaluate(() => Object.keys(localStorage));
		expect(kept.every((k) => /^commusafe\.(lang|sound|keys)$/.test(k))).toBe(
			true,
		);
	});

	test("a limit is approved by a second person and lifted with a reason", async () => {
		await page.goto(`${url}/limits`);
		await page.locator(".card.proposed .button.primary:enabled").click();
		await page.getByText("承認しました").waitFor();
		await page.locator(".card.in_force .button").first().click();
		await page.locator("[role=dialog] textarea").fill("事実と違ったため");
		expect(await violations(page)).toEqual([]);
		await page.locator("[role=dialog] .button.primary").click();
		await page.getByText("解除しました。").waitFor();
	});

	test("a word is entered by keyboard: a mistake is shown, a warning is agreed to, and it is there", async () => {
		await page.goto(`${url}/words`);
		await page.locator("table.words").waitFor();
		await page.locator(".page-head .button.primary").focus();
		await page.keyboard.press("Enter");
		await page.locator("input[name=surface]").fill("味噌");
		await page.locator("input[name=reading]").fill("漢字");
		const puts = () => mock.asked.filter((a) => a.method === "PUT").length;
		const before = puts();
		await page.keyboard.press("Enter");
		await page.locator(".note.bad", { hasText: "かな以外の文字" }).waitFor();
		expect(await violations(page)).toEqual([]);
		await page.locator("input[name=reading]").fill("みそ");
		await page.keyboard.press("Enter");
		await page.locator(".note.warn", { hasText: "音が 8 個と短い" }).waitFor();
		expect(puts()).toBe(before);
		await page.locator("form .button.primary", { hasText: "このまま保存する" }).focus();
		await page.keyboard.press("Enter");
		await page.locator(".note.good").waitFor();
		expect(await page.locator("table.words").innerText()).toContain("味噌");
		expect(mock.asked.at(-1)?.body).toMatchObject({
			version: 3,
			put: [{ surface: "味噌", reading: "みそ", category: "ABUSE", level: "S1" }],
		});
	});

	test("a word is switched off, and another is removed after a question", async () => {
		await page.goto(`${url}/words`);
		await page.getByRole("button", { name: "「看板に味噌を塗ってやる」を停止" }).click();
		await page
			.getByRole("button", { name: "「看板に味噌を塗ってやる」を再開" })
			.waitFor();
		await page.getByRole("button", { name: "「殺菌灯」を削除" }).click();
		expect(await violations(page)).toEqual([]);
		await page.locator("[role=alertdialog] .button.danger").click();
		await page.getByText("削除しました。").waitFor();
		expect(await page.locator("table.words").innerText()).not.toContain("殺菌灯");
	});

	test("a table is looked at before it is saved, and its mistakes have their lines", async () => {
		await page.goto(`${url}/words`);
		await page.getByRole("button", { name: "CSVを読み込む" }).click();
		const give = (text: string) =>
			page.locator("input[type=file]").setInputFiles({
				name: "words.csv",
				mimeType: "text/csv",
				buffer: Buffer.from(text),
			});
		await give("category,id,surface,level\nABUSE,A,あれ,S9\nABUSE,B,これ,S9\n");
		await page.getByRole("button", { name: "内容を確認する" }).click();
		await page.locator(".note.bad", { hasText: "2 行目" }).waitFor();
		expect(await page.locator(".note.bad").innerText()).toContain("3 行目");
		expect(
			await page.getByRole("button", { name: "この内容で保存する" }).count(),
		).toBe(0);
		await give("category,id,surface,level\nABUSE,OWN-9,おたんこなすび,S1\n");
		await page.getByRole("button", { name: "内容を確認する" }).click();
		await page.getByText("追加 1 件").waitFor();
		expect(await violations(page)).toEqual([]);
		await page.getByRole("button", { name: "この内容で保存する" }).click();
		await page.locator(".note.good").waitFor();
		expect(await page.locator("table.words").innerText()).toContain(
			"おたんこなすび",
		);
	});

	test("a pack of a trade is ticked by keyboard, and its words are only shown", async () => {
		await page.goto(`${url}/words`);
		const box = page.getByRole("checkbox", { name: "住まい・害虫・修理" });
		await box.focus();
		await page.keyboard.press("Space");
		await page.locator("summary", { hasText: "住まい・害虫・修理 の言葉" }).focus();
		await page.keyboard.press("Enter");
		await page.getByText("害虫を駆除").waitFor();
		expect(await page.locator("details.sheet button, details.sheet input").count()).toBe(0);
		expect(await violations(page)).toEqual([]);
		expect(await page.getByRole("link", { name: "過去の通話で試してから決める" }).getAttribute("href")).toContain("trade=finance%2Chome");
		await page.getByRole("button", { name: "選んだ業種辞書を使う" }).focus();
		await page.keyboard.press("Enter");
		await page.getByText("業種辞書を変更しました").waitFor();
		expect(mock.asked.at(-1)?.body).toMatchObject({ trade: ["finance", "home"] });
		expect(await page.getByRole("checkbox", { name: "住まい・害虫・修理" }).isChecked()).toBe(true);
	});

	test("shipped words are searched and can't be changed", async () => {
		await page.goto(`${url}/words`);
		await page.locator("input[type=search]").fill("夜道");
		await page.getByText("1 件見つかりました。").waitFor();
		expect(await page.locator("section[aria-labelledby=shipped-title] details.sheet").count()).toBe(1);
		expect(await page.locator("details.sheet button").count()).toBe(0);
	});

	test("automatic mode asks for a reason", async () => {
		await page.goto(`${url}/settings`);
		await page.locator("input[value=watch]").check();
		await page.locator("form .button.primary").click();
		await page.waitForFunction(
			() => document.querySelector("form [role=status]")?.textContent !== "",
		);
		await page.locator(".warnings .note.warn").waitFor({ state: "detached" });
		await page.locator("input[value=auto]").check();
		const before = mock.asked.length;
		await page.locator("form .button.primary").click();
		await page.getByText("自動にする理由を書いてください。").waitFor();
		expect(mock.asked.length).toBe(before);
		await page.locator("form .presets textarea").fill("試験運用");
		await page.locator("form .button.primary").click();
		await page.locator(".warnings .note.warn").waitFor();
	});

	test("the language changes at once, with the page's own", async () => {
		await home();
		await page.locator(".language button[lang=en]").click();
		await page.getByRole("heading", { name: "Calls", exact: true }).waitFor();
		expect(await page.locator("html").getAttribute("lang")).toBe("en");
		await page.locator(".language button[lang=ja]").click();
	});

	test.each<Lang>(["ja", "en"])(
		"what each listener can hear, hears and has given up is shown, %s",
		async (lang) => {
			const page = await enter(browser, url, user, password, lang);
			const shown = (words: Record<Lang, string>) =>
				page.locator(".hearing li", { hasText: words[lang] }).first().waitFor();
			await shown({ ja: "聞いている通話 5件", en: "hears 5 calls" });
			await shown({ ja: "聞き取れる通話 24件", en: "can hear 24" });
			await shown({ ja: "設定の上限 16件", en: "limit in the settings 16" });
			await shown({ ja: "止めているものはありません", en: "nothing is given up" });
			const listener = (counts: Record<string, number>) =>
				mock.vary((h) => {
					for (const p of h.processes)
						if (p.role === "listener") p.counts = { ...p.counts, ...counts };
				});
			listener({ calls: 16, given_up: 4 });
			await shown({ ja: "次の通話は、空くまで聞き取れません", en: "the next call is not heard" });
			await shown({ ja: "声の照合、怒りの読み取り、", en: "comparing of voices, reading of anger, " });
			const warning = page.locator(".warnings .note.warn", { hasText: "m1" });
			await warning.waitFor();
			expect(await warning.innerText()).toContain(
				lang === "ja" ? "新しい通話の聞き取り" : "hearing of new calls",
			);
			expect(await violations(page)).toEqual([]);
			await page.setViewportSize({ width: 390, height: 844 });
			expect(
				await page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
				),
			).toBeLessThanOrEqual(0);
			listener({ calls: 5, given_up: 0 });
			await warning.waitFor({ state: "detached" });
			await page.context().close();
		},
	);

	test("a silent feed is called old, and it heals by itself", async () => {
		await home();
		mock.silence(true);
		await page
			.locator(".warnings .note.bad", { hasText: "更新されていません" })
			.waitFor({ timeout: 12000 });
		mock.silence(false);
		await page
			.locator(".warnings .note.bad")
			.waitFor({ state: "detached", timeout: 15000 });
	});

	test("what was typed outlives a reading that fails", async () => {
		await page.goto(`${url}/words`);
		await page.locator("table.words").waitFor();
		await page.locator(".page-head .button.primary").click();
		await page.locator("input[name=surface]").fill("おたんこなすび");
		await page.route("**/api/v1/lexicon", (r) => r.abort());
		await page.evaluate(() => {
			dispatchEvent(new Event("offline"));
			dispatchEvent(new Event("online"));
		});
		await page.locator("main .note.bad").waitFor();
		expect(await page.locator("input[name=surface]").inputValue()).toBe(
			"おたんこなすび",
		);
		await page.unroute("**/api/v1/lexicon");
	});

	test("a form of the settings is not emptied by another one, and says that it was saved", async () => {
		await page.goto(`${url}/settings`);
		const team = page.locator("input[maxlength='32']");
		await team.fill("8001");
		const type = page.locator("input[name=ccaj]").first();
		await type.fill("長時間の拘束");
		await page.locator("section[aria-labelledby=ccaj-title] .button.primary").click();
		await page.waitForFunction(
			() =>
				document.querySelector<HTMLButtonElement>(
					"section[aria-labelledby=ccaj-title] .button.primary",
				)?.disabled,
		);
		expect(await team.inputValue()).toBe("8001");
		await type.fill("長時間の拘束・居座り");
		await page.locator("form button[type=submit]").click();
		await page.locator("form [role=status]", { hasText: "保存しました。" }).waitFor();
		expect(await type.inputValue()).toBe("長時間の拘束・居座り");
	});

	test("a limit for another caller is a form of its own", async () => {
		await page.goto(`${url}/limits?call=${ids(1)}`);
		const reason = page.locator(".proposal textarea").first();
		await reason.fill("この人についての理由");
		await page.evaluate((to) => {
			history.pushState(null, "", to);
		}, `/limits?call=${ids(2)}`);
		await page.waitForFunction(
			() => document.querySelector<HTMLTextAreaElement>(".proposal textarea")?.value === "",
			undefined,
			{ timeout: 5000 },
		);
	});

	test("the reason for lifting a limit outlives a refusal", async () => {
		await page.goto(`${url}/limits`);
		await page.locator(".card.in_force .button", { hasText: "解除" }).first().click();
		await page.locator("[role=dialog] textarea").fill("事実と違ったため");
		await page.route("**/lift", (r) => r.abort());
		await page.locator("[role=dialog] .button.primary").click();
		await page.locator(".note.bad").waitFor();
		expect(await page.locator("[role=dialog] textarea").inputValue()).toBe(
			"事実と違ったため",
		);
		await page.unroute("**/lift");
		await page.keyboard.press("Escape");
	});

	test("an objection pressed twice is written down once", async () => {
		await page.goto(`${url}/limits`);
		await page.getByRole("button", { name: "異議を記録する" }).first().click();
		const form = page.locator(".card.in_force form");
		await form.locator("textarea").fill("私ではありません");
		const before = mock.asked.length;
		await page.route("**/objections", async (r) => {
			await new Promise((done) => setTimeout(done, 500));
			await r.continue();
		});
		await form.locator("button[type=submit]").dblclick();
		await form.waitFor({ state: "detached" });
		await page.unroute("**/objections");
		expect(mock.asked.length).toBe(before + 1);
	});

	test("a person is added, and the first password is shown once", async () => {
		await page.goto(`${url}/people`);
		await page.locator(".page-head .button.primary").click();
		await page.locator("input[name=new-login]").fill("sato");
		await page.locator("input[name=new-name]").fill("佐々木 健");
		await page.locator("select[name=new-role]").selectOption("manager");
		const save = page.locator("[role=dialog] button[type=submit]");
		await save.click();
		await page.locator("[role=dialog] .note.bad").waitFor(); // the log-in name is taken
		expect(await page.locator("input[name=new-name]").inputValue()).toBe(
			"佐々木 健",
		);
		await page.locator("input[name=new-login]").fill("sasaki");
		await save.click();
		const password = page.locator(".first-password");
		await password.waitFor();
		expect(await password.innerText()).toBe("kame-3f9a-umi-77");
		const row = page.locator("table.people tr", { hasText: "佐々木 健" });
		expect(await row.innerText()).toContain("責任者");
		await page.locator(".note.good .button").click();
		await password.waitFor({ state: "detached" });
	});

	test("a person is disabled and gets another password; the last administrator stays", async () => {
		await page.goto(`${url}/people`);
		const row = page.locator("table.people tr", { hasText: "鈴木 一郎" });
		await row.locator("button").first().click();
		await page.locator("input[name=disabled]").check();
		await page.locator("[role=dialog] button[type=submit]").click();
		await row.locator("td", { hasText: "停止中" }).waitFor();
		await row.locator("button").last().click();
		await page.locator("[role=dialog] button[type=submit]").click();
		await page.locator(".first-password").waitFor();
		const admin = page.locator("table.people tr", { hasText: "管理 太郎" });
		await admin.locator("button").first().click();
		await page.locator("select[name=new-role]").selectOption("auditor");
		await page.locator("[role=dialog] button[type=submit]").click();
		await page
			.locator("[role=dialog] .note.bad", { hasText: "最後の管理者" })
			.waitFor();
		await page.keyboard.press("Escape");
	});

	test("another role is another console at once", async () => {
		await home();
		const { role, permissions } = me();
		mock.become({
			role: "operator",
			permissions: ["own_account", "see_live", "assist"],
		});
		await page.locator("#notices-title").waitFor({ state: "detached" });
		expect(await page.locator("header.top nav a").count()).toBe(1);
		expect(await page.locator(".account-role").innerText()).toBe("応対者");
		mock.become({ role, permissions });
		await page.locator("#notices-title").waitFor();
	});

	test("after log-out nothing is shown any more", async () => {
		await home();
		await page.locator(".top-end > button").click();
		await page.locator("input[name=login]").waitFor();
		expect(await page.locator("body").innerText()).not.toContain("090-");
	});
});
