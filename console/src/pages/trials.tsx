import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import {
	getTrial,
	listTrials,
	type ShadowView,
	stopTrial,
	type TrialView,
} from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";
import { Question } from "../parts/question";
import { useThresholdText } from "../parts/thresholds";
import { Counted, Differing, Verdicts } from "../parts/tried";

/** Past calls judged again by other rules: what would have differed, and what automatic would have done. */
export function TrialsPage() {
	const { t } = useTexts();
	const { may } = useSession();
	const [shown, setShown] = useState<string>();
	const found = useQuery({
		queryKey: ["trials"],
		queryFn: () => ask(listTrials()),
		refetchInterval: (q) =>
			q.state.data?.trials.some((j) => busy(j)) ? 1000 : false,
		staleTime: 0,
	});
	return (
		<Page title={t("screen.trials.title")} lead={t("screen.trials.lead")}>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending && <Loading />}
			{found.data && (
				<>
					{may("try_rules") && (
						<Question
							examples={found.data.examples}
							onAsked={(j) => {
								setShown(j.id);
								void found.refetch();
							}}
						/>
					)}
					<section className="panel" aria-labelledby="shadow-title">
						<h2 id="shadow-title">{t("screen.trials.shadow")}</h2>
						{found.data.shadow ? (
							<Shadow
								report={found.data.shadow}
								days={found.data.need_days}
								heard={found.data.need_heard_days}
							/>
						) : (
							<p>
								{t("screen.trials.shadow.none", {
									days: found.data.need_days,
									heard: found.data.need_heard_days,
								})}
							</p>
						)}
					</section>
					<section className="panel" aria-labelledby="trials-title">
						<h2 id="trials-title">{t("screen.trials.list")}</h2>
						{found.data.trials.length === 0 && (
							<p className="quiet">{t("screen.trials.empty")}</p>
						)}
						<ul className="plain">
							{found.data.trials.map((j) => (
								<Trial
									key={j.id}
									trial={j}
									open={shown === j.id}
									onOpen={() => setShown(shown === j.id ? undefined : j.id)}
									examples={found.data.examples}
									onStopped={() => void found.refetch()}
								/>
							))}
						</ul>
					</section>
				</>
			)}
		</Page>
	);
}

const busy = (j: TrialView) => j.state === "waiting" || j.state === "running";

/** What a trial had otherwise, beside the preset. */
function Changed({ trial: j }: { trial: TrialView }) {
	const { t, say } = useTexts();
	const thresholds = useThresholdText();
	const parts = [
		...thresholds(j.thresholds ?? {}),
		...(j.trade
			? [
					t("screen.trials.trade.tried", {
						names:
							j.trade.map((n) => say(`trade.${n}`)).join(" / ") ||
							t("screen.none"),
					}),
				]
			: []),
		...(j.words === undefined
			? []
			: [t("screen.trials.words.tried", { n: j.words })]),
	];
	if (parts.length === 0) return null;
	return (
		<ul className="plain">
			{parts.map((p) => (
				<li key={p}>{p}</li>
			))}
		</ul>
	);
}

function Trial({
	trial: j,
	open,
	onOpen,
	examples,
	onStopped,
}: {
	trial: TrialView;
	open: boolean;
	onOpen: () => void;
	examples: number;
	onStopped: () => void;
}) {
	const { t, say, lang } = useTexts();
	const { may } = useSession();
	const [stopping, setStopping] = useState(false);
	const [error, setError] = useState<unknown>();
	const stop = async () => {
		setStopping(true);
		try {
			await ask(stopTrial({ path: { id: j.id } }));
			onStopped();
		} catch (problem) {
			setError(problem);
		} finally {
			setStopping(false);
		}
	};
	return (
		<li className="trial">
			<p>
				<strong>{t(`screen.trials.kind.${j.kind}`, { n: examples })}</strong>{" "}
				{j.preset && (
					<span className="tag">{t(`preset.${j.preset}`)}</span>
				)}{" "}
				<span className="quiet">
					{wall(j.at, lang, true)} {j.by}
				</span>
			</p>
			<Changed trial={j} />
			{busy(j) && may("try_rules") && (
				<Button
					className="button small"
					isDisabled={stopping}
					onPress={() => void stop()}
				>
					{t("screen.trials.stop")}
				</Button>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			{j.state === "stopped" && (
				<p className="quiet">
					{t("screen.trials.stopped", { done: j.done, all: j.all })}
				</p>
			)}
			{j.state === "waiting" && (
				<p role="status">{t("screen.trials.waiting")}</p>
			)}
			{j.state === "running" && (
				<>
					<progress
						aria-label={t("screen.trials.running")}
						max={Math.max(1, j.all)}
						value={j.done}
					/>
					<p role="status">
						{t("screen.trials.progress", { done: j.done, all: j.all })}
					</p>
				</>
			)}
			{j.state === "failed" && (
				<Note kind="bad">{say(j.reason ?? "error.trial_failed")}</Note>
			)}
			{j.state === "done" && (
				<>
					{j.kind === "examples" ? (
						<p>
							{t("screen.trials.examples.all", { n: j.all, wrong: j.wrong })}
						</p>
					) : (
						<Counted sum={j.sum} broken={j.broken} />
					)}
					<Button className="button" aria-expanded={open} onPress={onOpen}>
						{t("screen.trials.show")}
					</Button>
					{open && <Result id={j.id} name={t(`screen.trials.kind.${j.kind}`, { n: examples })} />}
				</>
			)}
		</li>
	);
}

function Result({ id, name }: { id: string; name: string }) {
	const found = useQuery({
		queryKey: ["trial", id],
		queryFn: () => ask(getTrial({ path: { id } })),
		staleTime: Number.POSITIVE_INFINITY,
	});
	if (found.isPending) return <Loading />;
	if (!found.data)
		return <ErrorNote error={found.error} retry={() => void found.refetch()} />;
	return found.data.kind === "examples" ? (
		<Verdicts list={found.data.examples ?? []} />
	) : (
		<Differing calls={found.data.calls ?? []} name={name} />
	);
}

function Shadow({
	report: r,
	days,
	heard,
}: {
	report: ShadowView;
	days: number;
	heard: number;
}) {
	const { t, lang } = useTexts();
	return (
		<>
			{!r.current && (
				<Note kind="warn">{t("screen.trials.shadow.old")}</Note>
			)}
			{r.enough ? (
				<Note kind="good">
					{t("screen.trials.shadow.enough")}{" "}
					{r.current && t("screen.trials.shadow.current")}
				</Note>
			) : (
				<Note kind="warn">
					{t("screen.trials.shadow.short", { days, heard })}
				</Note>
			)}
			{r.from && r.to && (
				<p>
					{t("screen.trials.shadow.days", {
						from: wall(r.from, lang),
						to: wall(r.to, lang),
						days: r.days,
						heard: r.heard_days,
					})}
				</p>
			)}
			{r.sum.heard < 200 && (
				<p className="quiet">{t("screen.trials.shadow.few")}</p>
			)}
			<Counted sum={r.sum} broken={0} />
			<p className="quiet">{t("screen.trials.shadow.note")}</p>
			<Differing calls={r.calls} name={t("screen.trials.shadow")} />
		</>
	);
}
