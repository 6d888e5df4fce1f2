import { useEffect, useRef, useState } from "react";
import { chime } from "../lib/chime";
import { type Live, useLive } from "../lib/feed";
import { type CallView, type Level, levelRank } from "../lib/model";
import { kind, levelOfCall, why } from "../lib/order";
import { usePref } from "../lib/prefs";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { useNumber } from "./number";

/** The calls whose level has risen since the last look; the first look at a list counts for nothing. */
export function risen(
	before: Map<string, Level> | undefined,
	live: Live,
): CallView[] {
	if (!before) return [];
	return [...live.calls.values()].filter(
		(c) =>
			levelRank(c.judgement.level) >
			levelRank(before.get(c.incoming.id) ?? "S0"),
	);
}

/** Says aloud what a sighted person sees: severe and worse at once, the rest when there is a pause. */
export function Announcer() {
	const { feed } = useSession();
	const live = useLive(feed);
	const { t } = useTexts();
	const number = useNumber();
	const sound = usePref("sound", "on") === "on";
	const before = useRef<Map<string, Level>>(undefined);
	const [loud, setLoud] = useState("");
	const [polite, setPolite] = useState("");

	useEffect(() => {
		if (!live.ready) return;
		const up = risen(before.current, live);
		before.current = new Map(
			[...live.calls].map(([id, c]) => [id, c.judgement.level]),
		);
		if (up.length === 0) return;
		const say = (c: CallView) => {
			const { first } = why(c);
			const named = first && kind(first);
			return t("screen.live.announce", {
				level: `@${levelOfCall(c, c.judgement.level)}`,
				number: number(c.incoming.from),
				why: named ? t(named.key, named.args) : "@screen.live.no_reason",
			});
		};
		const grave = up.filter((c) => levelRank(c.judgement.level) >= 3);
		const rest = up.filter((c) => levelRank(c.judgement.level) < 3);
		if (grave.length > 0) {
			setLoud(grave.map(say).join(" "));
			if (sound) chime(grave.some((c) => c.judgement.level === "S4"));
		}
		if (rest.length > 0) setPolite(rest.map(say).join(" "));
	}, [live, sound, t, number]);

	return (
		<div className="visually-hidden">
			<div role="alert">{loud}</div>
			<div role="status">{polite}</div>
		</div>
	);
}
