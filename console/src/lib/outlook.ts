import { type CallView, lineOf } from "./model";
import type { Key } from "./texts";

export interface Sentence {
	key: Key;
	/** Values for the placeholders; a value that begins with "@" is itself a key. */
	args?: Record<string, string | number>;
}

/** What happens next in a call and what it still needs, in sentences. now is call time. */
export function outlook(v: CallView, now: number): Sentence[] {
	if (lineOf(v) === "ended") return [{ key: "screen.outlook.ended" }];
	const { busy } = v.state;
	if (busy)
		return [{ key: "screen.outlook.busy", args: { do: `@action.${busy}` } }];
	const o = v.outlook;
	if (o.held === "emergency") return [{ key: "screen.outlook.held.emergency" }];
	if (!o.do) return [{ key: "screen.outlook.nothing" }];
	const next =
		o.do === "closing" ? "@screen.outlook.closing" : `@action.${o.do}`;
	const first = v.proposed?.[0];
	if (first)
		return [
			{ key: "screen.outlook.proposed", args: { do: `@action.${first.do}` } },
		];
	const out: Sentence[] = [];
	if (o.held) out.push(held(o.held, next));
	if (o.held === "preset" || o.held === "hands_off") return out;
	const asks = o.mode !== "auto" || Boolean(o.held);
	const n = o.strikes ?? 0;
	if (n > 0) {
		out.push({
			key: asks ? "screen.outlook.ask" : "screen.outlook.auto",
			args: { n, do: next },
		});
	} else {
		out.push({
			key: asks ? "screen.outlook.ask_now" : "screen.outlook.auto_now",
			args: { do: next },
		});
	}
	const wait = Math.ceil(((o.from_ms ?? 0) - now) / 1000);
	if (wait > 0) out.push({ key: "screen.outlook.from", args: { s: wait } });
	return out;
}

function held(why: string, next: string): Sentence {
	switch (why) {
		case "hands_off":
		case "preset":
		case "cap":
		case "life_line":
		case "desk":
			return { key: `screen.outlook.held.${why}`, args: { do: next } };
	}
	return {
		key: "screen.outlook.held.guard",
		args: { guard: `@category.${why}`, do: next },
	};
}
