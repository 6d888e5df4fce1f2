import { useLive } from "../lib/feed";
import type { CallView, ViewLine } from "../lib/model";
import { useSession } from "../lib/session";
import { known, useTexts } from "../lib/texts";
import { Note } from "./note";

type Candidates = NonNullable<CallView["voices"]>;

/** The best score of each registered voice in the lines of a past call. */
export function candidates(lines: ViewLine[]): Candidates {
	const best = new Map<string, number>();
	for (const l of lines) {
		if (l.voice)
			best.set(l.voice, Math.max(best.get(l.voice) ?? -1, l.confidence ?? 0));
	}
	return [...best]
		.map(([voiceprint, score]) => ({ voiceprint, score }))
		.sort((a, b) => b.score - a.score);
}

/** How near a voice is, two digits after the point. */
export const likeness = (score: number) => score.toFixed(2);

/** Registered voices that the caller's may be: a hint for people with the reason of their limit, never a name. */
export function Voices({ list }: { list: Candidates }) {
	const { t, say } = useTexts();
	const { feed } = useSession();
	const { limits } = useLive(feed);
	if (list.length === 0) return null;
	const words = (reason: string) =>
		known(`limit_reason.${reason}`) ? say(`limit_reason.${reason}`) : reason;
	return (
		<Note kind="info">
			<p>
				<strong>{t("screen.voice.title")}</strong>
			</p>
			<p>{t("screen.voice.weak")}</p>
			<ul className="plain">
				{list.map((c) => {
					const limit = limits.find((l) => l.voice?.id === c.voiceprint);
					return (
						<li key={c.voiceprint}>
							{limit
								? t("screen.voice.reason", { reason: words(limit.reason) })
								: t("screen.voice.none")}{" "}
							<span className="quiet">
								{t("screen.lines.voice.score", { n: likeness(c.score) })}
							</span>
						</li>
					);
				})}
			</ul>
		</Note>
	);
}
