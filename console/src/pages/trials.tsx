import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import { useSearch } from "wouter";
import {
	askTrial,
	getLexicon,
	getSettings,
	getTrial,
	listTrials,
	type ShadowView,
	stopTrial,
	type TrialView,
} from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import type { LexiconWord, Preset } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "../parts/field";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";
import {
	changedThresholds,
	ThresholdFields,
	useThresholdText,
	type Written,
} from "../parts/thresholds";
import { PackBoxes } from "../parts/tradepacks";
import { Counted, Differing, Verdicts } from "../parts/tried";
import { TriedWords } from "../parts/triedwords";

const kinds = ["shadow", "change", "examples"] as const;
const presets: Preset[] = ["watch", "ask", "auto"];

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
			{found.isPending ? (
				<Loading />
			) : found.error ? (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			) : (
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

/** What is to be tried otherwise, beside the preset: only what is ticked or written goes to the office. */
function useChanges(trade: string[] | undefined) {
	const [written, setWritten] = useState<Written>({});
	const [packs, setPacks] = useState(trade);
	const [put, setPut] = useState<LexiconWord[]>();
	return { written, setWritten, packs, setPacks, put, setPut };
}

function Question({
	examples,
	onAsked,
}: {
	examples: number;
	onAsked: (j: TrialView) => void;
}) {
	const { t } = useTexts();
	const id = useId();
	const wanted = new URLSearchParams(useSearch()).get("trade");
	const [kind, setKind] = useState<(typeof kinds)[number]>(
		wanted === null ? "shadow" : "change",
	);
	const [days, setDays] = useState("28");
	const [preset, setPreset] = useState<Preset | "">(
		wanted === null ? "auto" : "",
	);
	const changes = useChanges(wanted?.split(",").filter(Boolean));
	const [sending, setSending] = useState(false);
	const [error, setError] = useState<unknown>();
	const settings = useQuery({
		queryKey: ["settings"],
		queryFn: () => ask(getSettings()),
	});
	const lexicon = useQuery({
		queryKey: ["lexicon"],
		queryFn: () => ask(getLexicon()),
	});
	const changing = kind !== "shadow";
	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setSending(true);
		setError(undefined);
		try {
			const n = Math.min(400, Math.max(1, Number(days) || 1));
			const thresholds = settings.data
				? changedThresholds(settings.data.thresholds, changes.written)
				: {};
			const otherwise = {
				preset: (kind === "change" && preset) || undefined,
				thresholds: Object.keys(thresholds).length > 0 ? thresholds : undefined,
				trade: changes.packs,
				words: changes.put &&
					lexicon.data && { version: lexicon.data.version, put: changes.put },
			};
			onAsked(
				await ask(
					askTrial({ body: { kind, days: n, ...(changing ? otherwise : {}) } }),
				),
			);
		} catch (problem) {
			setError(problem);
		} finally {
			setSending(false);
		}
	};
	return (
		<section className="panel form" aria-labelledby={`${id}-title`}>
			<h2 id={`${id}-title`}>{t("screen.trials.question")}</h2>
			<form className="form" id={id} onSubmit={submit} noValidate>
				<Field label={t("screen.trials.kind")}>
					{(p) => (
						<select
							{...p}
							value={kind}
							onChange={(e) =>
								setKind(kinds.find((x) => x === e.target.value) ?? "shadow")
							}
						>
							{kinds.map((k) => (
								<option key={k} value={k}>
									{t(`screen.trials.kind.${k}`, { n: examples })}
								</option>
							))}
						</select>
					)}
				</Field>
				<div className="two">
					{kind !== "examples" && (
						<Field label={t("screen.trials.days")}>
							{(p) => (
								<input
									{...p}
									type="number"
									min={1}
									max={400}
									value={days}
									onChange={(e) => setDays(e.target.value)}
								/>
							)}
						</Field>
					)}
					{kind === "change" && (
						<Field label={t("screen.trials.preset")}>
							{(p) => (
								<select
									{...p}
									value={preset}
									onChange={(e) =>
										setPreset(presets.find((x) => x === e.target.value) ?? "")
									}
								>
									<option value="">{t("screen.trials.preset.same")}</option>
									{presets.map((x) => (
										<option key={x} value={x}>
											{t(`preset.${x}`)}
										</option>
									))}
								</select>
							)}
						</Field>
					)}
				</div>
				{changing && settings.data && (
					<details className="sheet">
						<summary>{t("screen.trials.th")}</summary>
						<p className="help">{t("screen.trials.th.help")}</p>
						<ThresholdFields
							now={settings.data.thresholds}
							shipped={settings.data.shipped_thresholds}
							written={changes.written}
							onChange={changes.setWritten}
						/>
					</details>
				)}
				{changing && lexicon.data && (
					<Otherwise
						label={t("screen.trials.trade")}
						help={t("screen.trials.trade.help")}
						on={changes.packs !== undefined}
						onChange={(on) =>
							changes.setPacks(
								on
									? lexicon.data.trade.filter((p) => p.chosen).map((p) => p.name)
									: undefined,
							)
						}
					>
						<PackBoxes
							packs={lexicon.data.trade}
							chosen={changes.packs ?? []}
							locked={false}
							onChange={changes.setPacks}
						/>
					</Otherwise>
				)}
			</form>
			{changing && lexicon.data && (
				<Otherwise
					label={t("screen.trials.words")}
					help={t("screen.trials.words.help")}
					on={changes.put !== undefined}
					onChange={(on) => changes.setPut(on ? [] : undefined)}
				>
					<TriedWords
						lexicon={lexicon.data}
						put={changes.put ?? []}
						onChange={changes.setPut}
					/>
				</Otherwise>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button
					type="submit"
					form={id}
					className="button primary"
					isDisabled={sending}
				>
					{t("screen.trials.ask")}
				</Button>
			</div>
		</section>
	);
}

/** Something that may be tried otherwise; without the tick every call keeps what it had. */
function Otherwise({
	label,
	help,
	on,
	onChange,
	children,
}: {
	label: string;
	help: string;
	on: boolean;
	onChange: (on: boolean) => void;
	children: ReactNode;
}) {
	return (
		<div className="otherwise">
			<label>
				<input
					type="checkbox"
					checked={on}
					onChange={(e) => onChange(e.target.checked)}
				/>{" "}
				{label}
			</label>
			<p className="help">{help}</p>
			{on && children}
		</div>
	);
}

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
	if (found.error)
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
