import { Link } from "wouter";
import type { Event, Sum, TriedCall, Verdict } from "../client";
import { callTime, wall } from "../lib/format";
import { useSession } from "../lib/session";
import { known, useTexts } from "../lib/texts";
import { LevelBadge } from "./level";

const share = (n: number, of: number) =>
	of === 0 ? "0" : ((200 * n) / of).toFixed(1);

/** What a trial comes to, as it was and with the change. */
export function Counted({ sum, broken }: { sum: Sum; broken: number }) {
	const { t } = useTexts();
	const column = (c: Sum["before"]) =>
		[
			t("screen.trials.alerts", {
				n: c.alerted,
				share: share(c.alerted, sum.heard),
			}),
			t("screen.trials.spoken", { n: c.spoken }),
			t("screen.trials.cut", { n: c.cut }),
		].join(" / ");
	return (
		<>
			<p>
				{t("screen.trials.differ", {
					n: sum.calls,
					differ: sum.differ,
					heard: sum.heard,
				})}{" "}
				{broken > 0 && t("screen.trials.broken", { n: broken })}
			</p>
			<dl className="dl wide-dt">
				<dt>{t("screen.trials.before")}</dt>
				<dd>{column(sum.before)}</dd>
				<dt>{t("screen.trials.after")}</dt>
				<dd>{column(sum.after)}</dd>
			</dl>
		</>
	);
}

function useEvent() {
	const { t, say } = useTexts();
	return (e: Event) => {
		const what =
			e.what === "level"
				? [
						t(`level.${e.level}`),
						e.category && t(`category.${e.category}`),
					]
						.filter(Boolean)
						.join(" ")
				: e.do && t(`action.${e.do}`);
		const why = e.entry && known(e.entry) ? say(e.entry) : (e.entry ?? "");
		return `${say(`event.${e.what}`)}: ${what} ${why}`;
	};
}

/** The calls that differ, with the seconds. A call opens for those who may see it. */
export function Differing({
	calls,
	name,
}: {
	calls: TriedCall[];
	name: string;
}) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	const event = useEvent();
	if (calls.length === 0) return null;
	return (
		<ul
			className="plain differing"
			aria-label={t("screen.trials.calls.of", { name })}
		>
			{calls.map((c) => (
				<li key={c.id}>
					<p>
						{may("see_calls") ? (
							<Link href={`/past/${c.id}`}>{wall(c.began, lang, true)}</Link>
						) : (
							wall(c.began, lang, true)
						)}{" "}
						<LevelBadge level={c.before} /> → <LevelBadge level={c.after} />
					</p>
					<ul className="plain">
						{[
							...c.gone.map((e) => ({ e, sign: "−", word: t("screen.trials.events.gone") })),
							...c.new.map((e) => ({ e, sign: "+", word: t("screen.trials.events.new") })),
						]
							.sort((a, b) => a.e.at_ms - b.e.at_ms)
							.map(({ e, sign, word }) => (
								<li key={`${sign}${e.at_ms}${e.what}${e.do ?? e.level}`}>
									<span aria-hidden="true">{sign}</span>{" "}
									<span className="time">{callTime(e.at_ms)}</span>{" "}
									<span className="tag">{word}</span> {event(e)}
								</li>
							))}
					</ul>
				</li>
			))}
		</ul>
	);
}

/** What rules make of the moments that people have flagged as wrong. */
export function Verdicts({ list }: { list: Verdict[] }) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	return (
		<ul className="plain">
			{list.map((v) => (
				<li key={`${v.call}${v.at_ms}`}>
					{may("see_calls") ? (
						<Link href={`/past/${v.call}`}>{wall(v.at, lang)}</Link>
					) : (
						wall(v.at, lang)
					)}{" "}
					<span className="time">{callTime(v.at_ms)}</span>{" "}
					<LevelBadge level={v.level} /> → <LevelBadge level={v.now} />{" "}
					<strong>
						{v.error
							? t("screen.trials.example.error")
							: v.wrong
								? t("screen.trials.example.wrong")
								: t("screen.trials.example.right")}
					</strong>
				</li>
			))}
		</ul>
	);
}
