import { useEffect, useRef } from "react";
import { Switch } from "react-aria-components";
import { Link, useLocation } from "wouter";
import { callNow, type Live, useLive, useNow } from "../lib/feed";
import { callTime } from "../lib/format";
import { type CallView, levels, lineOf } from "../lib/model";
import { kind, levelOfCall, why, worstFirst } from "../lib/order";
import { outlook } from "../lib/outlook";
import { setPref, usePref } from "../lib/prefs";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Hearing } from "../parts/hearing";
import { LadderSmall } from "../parts/ladder";
import { LevelBadge } from "../parts/level";
import { Empty, Loading } from "../parts/note";
import { NoticesPanel } from "../parts/notices";
import { useNumber } from "../parts/number";
import { Page } from "../parts/page";
import { Sentences } from "../parts/sentences";

export function LivePage() {
	const { t } = useTexts();
	const { feed, may } = useSession();
	const live = useLive(feed);
	const now = useNow();
	const rows = useRowKeys();
	const calls = [...live.calls.values()].sort(worstFirst);
	const running = calls.filter((c) => lineOf(c) !== "ended");
	const over = calls.filter((c) => lineOf(c) === "ended");
	return (
		<Page
			title={t("screen.live.title")}
			lead={t("screen.live.lead")}
			aside={<Counts calls={running} live={live} />}
		>
			{!live.ready ? (
				<Loading />
			) : (
				<div className={may("see_notices") ? "with-side" : undefined}>
					<div className="main-col" ref={rows}>
						{running.length === 0 ? (
							<Empty title={t("screen.live.empty.title")}>
								<p>{t("screen.live.empty.text")}</p>
								<p>{t("screen.live.empty.health")}</p>
							</Empty>
						) : (
							<CallTable
								calls={running}
								live={live}
								now={now}
								caption={t("screen.live.table")}
							/>
						)}
						{over.length > 0 && (
							<section className="just-ended">
								<h2>{t("screen.live.ended")}</h2>
								<CallTable
									calls={over}
									live={live}
									now={now}
									caption={t("screen.live.ended")}
								/>
							</section>
						)}
						<Behaviour />
						{live.health && <Hearing health={live.health} />}
					</div>
					{may("see_notices") && <NoticesPanel live={live} />}
				</div>
			)}
		</Page>
	);
}

function Counts({ calls, live }: { calls: CallView[]; live: Live }) {
	const { t } = useTexts();
	return (
		<div className="counts-box">
			<ul className="counts" aria-label={t("screen.live.counts")}>
				{levels.map((l) => {
					const n = calls.filter((c) => c.judgement.level === l).length;
					return (
						<li key={l} className={n === 0 ? "zero" : undefined}>
							<LevelBadge level={l} />
							<strong>{t("screen.live.count", { n })}</strong>
						</li>
					);
				})}
			</ul>
			{live.settings && (
				<p className="policy-now">
					{t("screen.live.preset", {
						preset: `@preset.${live.settings.preset}`,
					})}
					{live.settings.preset === "auto" && (
						<span>
							{t("screen.live.target", {
								n: live.settings.cuts_today,
								cap: live.settings.cut_cap,
							})}
						</span>
					)}
				</p>
			)}
		</div>
	);
}

/** Sound and keys are each person's own choice, kept in the browser. */
function Behaviour() {
	const { t } = useTexts();
	const sound = usePref("sound", "on") === "on";
	const keys = usePref("keys", "on") === "on";
	return (
		<div className="behaviour">
			<Switch
				className="switch"
				isSelected={sound}
				onChange={(on) => setPref("sound", on ? "on" : "off")}
			>
				<span className="track" aria-hidden="true" />
				{t("screen.live.sound")}
			</Switch>
			<Switch
				className="switch"
				isSelected={keys}
				onChange={(on) => setPref("keys", on ? "on" : "off")}
			>
				<span className="track" aria-hidden="true" />
				{t("screen.live.keys")}
			</Switch>
		</div>
	);
}

/** Moves the focus along the rows with J and K, unless somebody is typing or has switched it off. */
function useRowKeys() {
	const on = usePref("keys", "on") === "on";
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (!on) return;
		const press = (e: KeyboardEvent) => {
			if (
				e.ctrlKey ||
				e.metaKey ||
				e.altKey ||
				(e.key !== "j" && e.key !== "k")
			)
				return;
			if (
				e.target instanceof HTMLElement &&
				e.target.closest("input, textarea, select, [role=dialog]")
			)
				return;
			const links = [
				...(box.current?.querySelectorAll<HTMLElement>("a.call-link") ?? []),
			];
			const at = links.indexOf(document.activeElement as HTMLElement);
			const to = at < 0 ? 0 : at + (e.key === "j" ? 1 : -1);
			links[to]?.focus();
		};
		document.addEventListener("keydown", press);
		return () => document.removeEventListener("keydown", press);
	}, [on]);
	return box;
}

function CallTable({
	calls,
	live,
	now,
	caption,
}: {
	calls: CallView[];
	live: Live;
	now: number;
	caption: string;
}) {
	const { t } = useTexts();
	return (
		<table className="calls">
			<caption className="visually-hidden">{caption}</caption>
			<thead>
				<tr>
					<th scope="col">{t("screen.live.col.level")}</th>
					<th scope="col">{t("screen.live.col.caller")}</th>
					<th scope="col">{t("screen.live.col.elapsed")}</th>
					<th scope="col">{t("screen.live.col.why")}</th>
					<th scope="col">{t("screen.live.col.stage")}</th>
					<th scope="col">{t("screen.live.col.next")}</th>
				</tr>
			</thead>
			<tbody>
				{calls.map((c) => (
					<CallRow key={c.incoming.id} call={c} at={callNow(live, c, now)} />
				))}
			</tbody>
		</table>
	);
}

function CallRow({ call, at }: { call: CallView; at: number }) {
	const { t } = useTexts();
	const number = useNumber();
	const [, go] = useLocation();
	const { first, others } = why(call);
	const named = first && kind(first);
	const guards = (call.judgement.counter ?? []).filter((f) =>
		f.category.startsWith("G-"),
	);
	const href = `/calls/${call.incoming.id}`;
	const from = number(call.incoming.from);
	const ended = lineOf(call) === "ended";
	const level = ended ? call.peak : call.judgement.level;
	return (
		<tr
			className={`call-row ${call.judgement.level}${ended ? " over" : ""}`}
			onClick={(e) => {
				if (
					!(e.target instanceof HTMLElement && e.target.closest("a, button")) &&
					!getSelection()?.toString()
				)
					go(href);
			}}
		>
			<td className="c-level">
				<LevelBadge level={level} big name={levelOfCall(call, level)} />
			</td>
			<td className="c-caller">
				<Link
					href={href}
					className="call-link"
					aria-label={t("screen.live.open_for", { number: from })}
				>
					{from}
				</Link>
				<span className="to">
					<span aria-hidden="true">→ </span>
					{number(call.incoming.to)}
				</span>
				{call.limit && <span className="tag">{t("screen.live.limited")}</span>}
			</td>
			<td className="c-elapsed">{callTime(at)}</td>
			<td className="c-why">
				{first ? (
					<>
						<span className="why-head">
							<strong>{named && t(named.key, named.args)}</strong>
							{others > 0 && (
								<span className="quiet">
									{t("screen.live.more", { n: others })}
								</span>
							)}
						</span>
						{first.words && <span className="quote">{first.words}</span>}
					</>
				) : (
					<span className="quiet">{t("screen.live.no_reason")}</span>
				)}
				{guards[0] && (
					<span className="guard">
						{t("screen.live.guard", {
							guard: `@category.${guards[0].category}`,
						})}
					</span>
				)}
				{!call.listener && !ended && (
					<span className="deaf">{t("screen.live.deaf")}</span>
				)}
			</td>
			<td className="c-stage">
				<LadderSmall stage={call.state.stage} />
				<span className="line-state">
					{t(
						call.on_hold && !ended
							? "screen.line.hold"
							: `line.${lineOf(call)}`,
					)}
				</span>
			</td>
			<td className={`c-next${call.judgement.level === "S0" ? " quiet" : ""}`}>
				{(call.proposed?.length ?? 0) > 0 && !ended && (
					<span className="tag waits">{t("screen.live.waits")}</span>
				)}
				<Sentences list={outlook(call, at)} />
			</td>
		</tr>
	);
}
