import { useState } from "react";
import { Button } from "react-aria-components";
import { Link } from "wouter";
import { acknowledgeNotice } from "../client";
import { ask } from "../lib/api";
import type { Live } from "../lib/feed";
import { clock } from "../lib/format";
import type { NoticeView } from "../lib/model";
import { levelOf } from "../lib/order";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { LevelBadge } from "./level";
import { ErrorNote } from "./note";
import { useNumber } from "./number";

const waits = (n: NoticeView) =>
	n.state === "triggered" || n.state === "escalated";

/** What somebody must know of, until somebody has said that they do. Waiting ones first, then the last few seen. */
export function NoticesPanel({ live }: { live: Live }) {
	const { t } = useTexts();
	const waiting = live.notices
		.filter(waits)
		.sort((a, b) => b.level.localeCompare(a.level) || b.at.localeCompare(a.at));
	const seen = live.notices.filter((n) => !waits(n)).slice(0, 3);
	return (
		<aside className="side" aria-labelledby="notices-title">
			<h2 id="notices-title">
				{t("screen.notices.title")}
				{waiting.length > 0 && (
					<span className="bubble">
						{t("screen.notices.waiting", { n: waiting.length })}
					</span>
				)}
			</h2>
			{waiting.length === 0 && (
				<p className="quiet">{t("screen.notices.empty")}</p>
			)}
			<ul className="notices">
				{[...waiting, ...seen].map((n) => (
					<Notice key={n.id} notice={n} live={live} />
				))}
			</ul>
		</aside>
	);
}

function Notice({ notice, live }: { notice: NoticeView; live: Live }) {
	const { t, lang } = useTexts();
	const { feed, may } = useSession();
	const number = useNumber();
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const call = live.calls.get(notice.call);
	const press = async () => {
		setBusy(true);
		setError(undefined);
		try {
			feed.put(
				"notice",
				await ask(acknowledgeNotice({ path: { id: notice.id }, body: {} })),
			);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<li className={`notice ${notice.level}${waits(notice) ? " waiting" : ""}`}>
			<div className="notice-head">
				<LevelBadge level={notice.level} name={levelOf(notice)} />
				{call && <strong>{number(call.incoming.from)}</strong>}
			</div>
			{notice.category && <p>{t(`category.${notice.category}`)}</p>}
			<p className="quiet">
				{t("screen.notices.at", { at: clock(notice.at, lang) })}
				{notice.state === "escalated" && (
					<strong className="escalated">{t("screen.notices.escalated")}</strong>
				)}
			</p>
			{notice.acknowledged_by && (
				<p className="quiet">
					{t("screen.notices.acknowledged", {
						name: notice.acknowledged_by,
						at: clock(notice.acknowledged_at, lang),
					})}
				</p>
			)}
			{notice.state === "resolved" && !notice.acknowledged_by && (
				<p className="quiet">{t("screen.notices.resolved")}</p>
			)}
			<div className="row">
				{waits(notice) && may("acknowledge_notice") && (
					<Button className="button primary" onPress={press} isDisabled={busy}>
						{busy
							? t("screen.command.pending")
							: t("screen.notices.acknowledge")}
					</Button>
				)}
				{call ? (
					<Link className="button" href={`/calls/${notice.call}`}>
						{t("screen.notices.call")}
					</Link>
				) : (
					may("see_calls") && (
						<Link className="button" href={`/past/${notice.call}`}>
							{t("screen.notices.call")}
						</Link>
					)
				)}
			</div>
			{error !== undefined && <ErrorNote error={error} />}
		</li>
	);
}
