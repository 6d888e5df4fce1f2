import type { Number as Tel } from "../client";
import type { Lang } from "./texts";

/** Call time as 2:05, or 1:02:05 from an hour on. */
export function callTime(ms: number): string {
	const s = Math.max(0, Math.floor(ms / 1000));
	const two = (n: number) => String(n).padStart(2, "0");
	const h = Math.floor(s / 3600);
	const m = Math.floor(s / 60) % 60;
	return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

const locale = (lang: Lang) => (lang === "ja" ? "ja-JP" : "en-GB");

/** Wall time in Asia/Tokyo, whatever the machine's own zone is. */
export function wall(
	iso: string | undefined,
	lang: Lang,
	seconds = false,
): string {
	const d = new Date(iso ?? "");
	if (Number.isNaN(d.getTime())) return "–";
	return new Intl.DateTimeFormat(locale(lang), {
		timeZone: "Asia/Tokyo",
		year: "numeric",
		month: lang === "ja" ? "numeric" : "short",
		day: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		second: seconds ? "2-digit" : undefined,
	}).format(d);
}

/** The clock time in Asia/Tokyo. */
export function clock(iso: string | undefined, lang: Lang): string {
	const d = new Date(iso ?? "");
	if (Number.isNaN(d.getTime())) return "–";
	return new Intl.DateTimeFormat(locale(lang), {
		timeZone: "Asia/Tokyo",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
	}).format(d);
}

/** A day like 2026-11-23 with its weekday, as people write it. */
export function dayName(day: string, lang: Lang): string {
	const d = new Date(`${day}T00:00:00Z`);
	if (Number.isNaN(d.getTime())) return day;
	return new Intl.DateTimeFormat(locale(lang), {
		timeZone: "UTC",
		year: "numeric",
		month: lang === "ja" ? "numeric" : "short",
		day: "numeric",
		weekday: "short",
	}).format(d);
}

/** The day in Asia/Tokyo as 2026-11-23, moved by some days. */
export function tokyoDay(at: Date, days = 0): string {
	return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(
		at.getTime() + days * 86400000,
	);
}

/** Midnight in Asia/Tokyo of a day like 2026-11-23, in UTC. */
export const fromTokyo = (day: string): string =>
	new Date(`${day}T00:00:00+09:00`).toISOString();

/** A Japanese number with the hyphens people read it by; other numbers as they are. */
export function telephone(e164: string): string {
	if (!e164.startsWith("+81")) return e164;
	const d = `0${e164.slice(3)}`;
	const cut = (...at: number[]) => {
		const out: string[] = [];
		let from = 0;
		for (const n of at) {
			out.push(d.slice(from, from + n));
			from += n;
		}
		out.push(d.slice(from));
		return out.join("-");
	};
	if (/^0800/.test(d) && d.length === 11) return cut(4, 3);
	if (/^0(50|60|70|80|90)/.test(d) && d.length === 11) return cut(3, 4);
	if (/^0(120|570)/.test(d) && d.length === 10) return cut(4, 3);
	if (/^0[36]/.test(d) && d.length === 10) return cut(2, 4);
	if (d.length === 10) return cut(3, 3);
	return d;
}

/** The number as shown, or the key that says why there is none. */
export function caller(
	n: Pick<Tel, "e164" | "raw" | "withheld">,
): { number: string } | { key: string } {
	if (n.withheld) return { key: `withheld.${n.withheld}` };
	if (n.e164) return { number: telephone(n.e164) };
	return n.raw ? { number: n.raw } : { key: "withheld.unknown" };
}

/** A typed number as the office compares it: full-width folded, hyphens away, national form to +81. */
export function toE164(typed: string): string {
	const d = typed.normalize("NFKC").replace(/[^0-9+]/g, "");
	if (d.startsWith("+")) return d;
	return d.startsWith("0") && d.length >= 9 ? `+81${d.slice(1)}` : d;
}

/** A stretch of sound that a seal says is missing: "caller.wav: 1200-3400 ms". */
export function lostStretch(
	entry: string,
): { party: "caller" | "agent"; from: string; to: string } | undefined {
	const m = /^(caller|agent)\.wav: (\d+)-(\d+) ms$/.exec(entry);
	if (!m) return undefined;
	return {
		party: m[1] as "caller" | "agent",
		from: callTime(Number(m[2])),
		to: callTime(Number(m[3])),
	};
}
