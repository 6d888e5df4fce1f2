import {
	type CallView,
	type Finding,
	type Judgement,
	type Level,
	levelRank,
	type Stage,
} from "./model";
import type { Args, Key } from "./texts";

const stageRank: Record<Stage, number> = {
	normal: 0,
	watch: 1,
	warn1: 2,
	warn2: 3,
	final: 4,
	closing: 5,
	closed: 0,
	emergency: 6,
};

/**
 * Worst first: running before ended, then level, stage of the ladder, a proposal that waits for a person, number of
 * hits. Calls that are equal keep the order in which they came, so that rows don't change places without a reason.
 */
export function worstFirst(a: CallView, b: CallView): number {
	const key = (v: CallView) => [
		v.line === "ended" ? 0 : 1,
		levelRank(v.judgement.level),
		stageRank[v.state.stage],
		v.proposed?.length ? 1 : 0,
		v.judgement.strikes?.length ?? 0,
	];
	const x = key(a);
	const y = key(b);
	for (let i = 0; i < x.length; i++) {
		if (x[i] !== y[i]) return y[i]! - x[i]!;
	}
	return (
		a.incoming.began.localeCompare(b.incoming.began) ||
		a.incoming.id.localeCompare(b.incoming.id)
	);
}

/** The text that names the kind of a finding: of words that nobody recognised it is a guess, and says so. */
export function kind(f: Finding): { key: Key; args?: Args } {
	const category: Key = `category.${f.category}`;
	return f.because.startsWith("because.gist")
		? { key: "screen.gist.like", args: { category: `@${category}` } }
		: { key: category };
}

/** The text that names the level of a finding or a notice. A caller in need is no one to warn: somebody has to look. */
export function levelOf(f: { category?: string; level: Level }): Key {
	return f.category === "G-CRISIS" && f.level === "S2"
		? "level.need"
		: `level.${f.level}`;
}

/** The text that names a level of a call: where nothing but a caller in need has brought it there, that of the need. */
export function levelOfCall(v: CallView, level: Level): Key {
	return levelOfJudgement(v.judgement, level);
}

/** The same of one judgement. */
export function levelOfJudgement(j: Judgement, level: Level): Key {
	const at = (j.findings ?? []).filter((f) => f.level === level);
	return at.length > 0 && at.every((f) => f.category === "G-CRISIS")
		? levelOf(at[0]!)
		: `level.${level}`;
}

/** The same of a call of which only its kinds are known. */
export function levelOfPast(c: { peak: Level; categories: string[] }): Key {
	return c.categories.includes("G-CRISIS") &&
		c.categories.every((k) => k.startsWith("G-"))
		? levelOf({ category: "G-CRISIS", level: c.peak })
		: `level.${c.peak}`;
}

/** The finding to show first, and how many more there are. */
export function why(v: CallView) {
	const findings = v.judgement.findings ?? [];
	const first = findings.find((f) => f.words) ?? findings[0];
	return { first, others: first ? findings.length - 1 : 0 };
}
