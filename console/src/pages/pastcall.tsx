import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { Link } from "wouter";
import { callPeaks, getCall } from "../client";
import { ask } from "../lib/api";
import { useLive } from "../lib/feed";
import { callTime, lostStretch, wall } from "../lib/format";
import type { CallDetail } from "../lib/model";
import { kind, levelOfJudgement, levelOfPast } from "../lib/order";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { BotPanel } from "../parts/bot";
import { Case } from "../parts/case";
import { Findings } from "../parts/findings";
import { Ladder } from "../parts/ladder";
import { LevelBadge } from "../parts/level";
import { Lines } from "../parts/lines";
import { ErrorNote, Loading, Note } from "../parts/note";
import { useNumber } from "../parts/number";
import { Page } from "../parts/page";
import { Player, type PlayerHandle } from "../parts/player";
import { Opinions } from "../parts/opinions";
import { Transcripts } from "../parts/transcripts";
import { OfficialTypes } from "../parts/types";
import { candidates, Voices } from "../parts/voices";

export default function PastCallPage({ id }: { id: string }) {
	const { t } = useTexts();
	const number = useNumber();
	const found = useQuery({
		queryKey: ["call", id],
		queryFn: () => ask(getCall({ path: { id } })),
	});
	const back = (
		<Link className="button" href="/past">
			{t("screen.detail.back")}
		</Link>
	);
	if (found.isPending) return <Loading />;
	if (!found.data) {
		return (
			<Page title={t("screen.failed.title")} aside={back}>
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			</Page>
		);
	}
	return (
		<Page
			title={t("screen.detail.title", { number: number(found.data.call.from) })}
			aside={back}
		>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			<Detail detail={found.data} />
		</Page>
	);
}

const played = [
	"warn1",
	"warn2",
	"final",
	"ask_key",
	"closing",
	"cut",
	"announce",
	"voicebot",
	"rejoin",
	"limit",
];

function Detail({ detail }: { detail: CallDetail }) {
	const { t, lang } = useTexts();
	const { feed, may } = useSession();
	const live = useLive(feed);
	const number = useNumber();
	const player = useRef<PlayerHandle>(null);
	const [playing, setPlaying] = useState<number>();
	const onTime = useCallback((ms: number) => setPlaying(ms), []);
	const { call } = detail;
	const listen = may("listen");
	const seek = listen ? (ms: number) => player.current?.seek(ms) : undefined;
	const done = detail.lines.filter(
		(l) =>
			l.kind === "action" &&
			l.do &&
			played.includes(l.do) &&
			l.phase !== "begun",
	);
	const worst = detail.worst;
	const byVoice = live.settings?.voices && detail.case?.outcome === "harassment";
	const missing = (entry: string) => {
		const part = lostStretch(entry);
		return part
			? t("lost.stretch", { ...part, party: t(`party.${part.party}`) })
			: t("lost.crash");
	};

	return (
		<>
			<section className={`call-strip ${call.peak}`}>
				<LevelBadge level={call.peak} big name={levelOfPast(call)} />
				<p className="strip-why">
					{call.categories.map((c) => (
						<strong key={c}>{t(`category.${c}`)}</strong>
					))}
				</p>
				<ul className="facts">
					<li>{wall(call.began, lang, true)}</li>
					<li className="elapsed">{callTime(call.duration_ms)}</li>
					<li>{t("screen.call.to", { number: number(call.to) })}</li>
					<li>
						{call.ended_by && (
							<strong>{t(`screen.end.by.${call.ended_by}`)}</strong>
						)}
					</li>
				</ul>
			</section>
			{!detail.seal.whole && (
				<Note kind="bad">
					{t("screen.seal.not_whole", { why: detail.seal.why ?? "" })}
				</Note>
			)}
			{call.lost.length > 0 && (
				<Note kind="warn">
					{t("screen.call.lost", { what: call.lost.map(missing).join(" / ") })}
				</Note>
			)}
			<Voices list={candidates(detail.lines)} />
			<Ladder stage={call.stage} over />
			<section className="panel" aria-labelledby="player-title">
				<h2 id="player-title">{t("screen.detail.player")}</h2>
				{listen ? (
					<Sound call={call.id} player={player} onTime={onTime} />
				) : (
					<p>{t("screen.detail.player.no")}</p>
				)}
			</section>
			<Transcripts call={call.id} />
			<Opinions call={call.id} />
			<div className="call-grid">
				<section
					className="panel lines-panel past-lines"
					aria-labelledby="lines-title"
				>
					<h2 id="lines-title">{t("screen.detail.lines")}</h2>
					<Lines lines={detail.lines} playing={playing} onSeek={seek} />
				</section>
				<div className="call-side">
					{detail.bot && <BotPanel bot={detail.bot} past />}
					{worst && (
						<section className="panel" aria-labelledby="worst-title">
							<h2 id="worst-title">
								{t("screen.detail.worst", { at: callTime(worst.at_ms) })}
							</h2>
							<Findings list={worst.judgement.findings ?? []} onSeek={seek} />
							<h3>{t("screen.call.counter")}</h3>
							<Findings
								list={worst.judgement.counter ?? []}
								against
								onSeek={seek}
							/>
						</section>
					)}
					<section className="panel" aria-labelledby="done-title">
						<h2 id="done-title">{t("screen.detail.done")}</h2>
						{done.length === 0 && (
							<p className="quiet">{t("screen.detail.done.empty")}</p>
						)}
						<ul className="plain">
							{done.map((l) => (
								<li key={l.seq}>
									<span className="time">{callTime(l.at_ms)}</span>{" "}
									{t(
										l.phase === "failed"
											? "screen.lines.action.failed"
											: "screen.lines.action.done",
										{
											do: `@action.${l.do}`,
										},
									)}{" "}
									<span className="tag">
										{l.by
											? t("screen.lines.action.by", { by: l.by })
											: t("screen.lines.action.auto")}
									</span>
								</li>
							))}
						</ul>
						{may("propose_limit") && (call.from.e164 || byVoice) && (
							<Link className="button" href={`/limits?call=${call.id}`}>
								{t("screen.detail.propose")}
							</Link>
						)}
					</section>
					<Case detail={detail} />
					<OfficialTypes categories={detail.call.categories} />
					<section className="panel" aria-labelledby="history-title">
						<h2 id="history-title">{t("screen.detail.history")}</h2>
						{detail.judgements.length === 0 && (
							<p className="quiet">{t("screen.detail.history.empty")}</p>
						)}
						<ol className="plain history">
							{detail.judgements.map((j) => (
								<li key={j.seq}>
									<span className="time">{callTime(j.at_ms)}</span>{" "}
									<LevelBadge
										level={j.judgement.level}
										name={levelOfJudgement(j.judgement, j.judgement.level)}
									/>{" "}
									{j.judgement.findings?.[0] &&
										t(
											kind(j.judgement.findings[0]).key,
											kind(j.judgement.findings[0]).args,
										)}
								</li>
							))}
						</ol>
					</section>
					<Seal detail={detail} />
					<section className="panel" aria-labelledby="facts-title">
						<h2 id="facts-title">{t("screen.detail.facts")}</h2>
						<dl className="dl">
							{detail.preset && (
								<>
									<dt>{t("screen.detail.preset")}</dt>
									<dd>{t(`preset.${detail.preset}`)}</dd>
								</>
							)}
							{detail.lexicon && (
								<>
									<dt>{t("screen.detail.lexicon")}</dt>
									<dd>{detail.lexicon}</dd>
								</>
							)}
							{detail.program && (
								<>
									<dt>{t("screen.detail.program")}</dt>
									<dd>{detail.program}</dd>
								</>
							)}
						</dl>
						<h3>{t("screen.detail.listeners")}</h3>
						{detail.listeners.length === 0 && (
							<p className="quiet">{t("screen.detail.listeners.empty")}</p>
						)}
						<ul className="plain">
							{detail.listeners.map((l) => (
								<li key={`${l.name}${l.at}${l.party}`}>
									{t("screen.detail.listener", {
										name: l.name,
										party: `@party.${l.party}`,
										at: wall(l.at, lang),
									})}
								</li>
							))}
						</ul>
					</section>
				</div>
			</div>
		</>
	);
}

function Sound({
	call,
	player,
	onTime,
}: {
	call: string;
	player: React.Ref<PlayerHandle>;
	onTime: (ms: number) => void;
}) {
	const { t } = useTexts();
	const peaks = useQuery({
		queryKey: ["peaks", call],
		queryFn: () => ask(callPeaks({ path: { id: call } })),
		staleTime: Number.POSITIVE_INFINITY,
	});
	if (peaks.isPending)
		return <p role="status">{t("screen.detail.player.loading")}</p>;
	if (peaks.error)
		return <ErrorNote error={peaks.error} retry={() => void peaks.refetch()} />;
	return <Player ref={player} call={call} peaks={peaks.data} onTime={onTime} />;
}

function Seal({ detail }: { detail: CallDetail }) {
	const { t, lang } = useTexts();
	const { seal } = detail;
	return (
		<section className="panel" aria-labelledby="seal-title">
			<h2 id="seal-title">{t("screen.seal.title")}</h2>
			{seal.whole ? (
				<Note kind="good">{t("screen.seal.whole")}</Note>
			) : (
				<Note kind="bad">
					{t("screen.seal.not_whole", { why: seal.why ?? "" })}
				</Note>
			)}
			<p>
				{t(`state.${seal.state}`)} / {t("screen.seal.lines", { n: seal.lines })}
				{seal.at &&
					` / ${t("screen.seal.at", { at: wall(seal.at, lang, true) })}`}
			</p>
			{seal.last && (
				<p className="quiet">
					{t("screen.seal.last")}
					<br />
					<code>{seal.last}</code>
				</p>
			)}
		</section>
	);
}
