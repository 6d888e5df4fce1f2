import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import {
	askTrial,
	getTrial,
	listTrials,
	type ShadowView,
	type TrialView,
} from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import type { Preset } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "../parts/field";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";
import { Counted, Differing, Verdicts } from "../parts/tried";

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

function Question({
	examples,
	onAsked,
}: {
	examples: number;
	onAsked: (j: TrialView) => void;
}) {
	const { t } = useTexts();
	const [kind, setKind] = useState<(typeof kinds)[number]>("shadow");
	const [days, setDays] = useState("28");
	const [preset, setPreset] = useState<Preset>("auto");
	const [sending, setSending] = useState(false);
	const [error, setError] = useState<unknown>();
	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setSending(true);
		setError(undefined);
		try {
			const n = Math.min(400, Math.max(1, Number(days) || 1));
			onAsked(
				await ask(
					askTrial({
						body:
							kind === "change"
								? { kind, days: n, preset }
								: { kind, days: n },
					}),
				),
			);
		} catch (problem) {
			setError(problem);
		} finally {
			setSending(false);
		}
	};
	return (
		<form className="panel form" onSubmit={submit} noValidate>
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
									setPreset(presets.find((x) => x === e.target.value) ?? "auto")
								}
							>
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
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button type="submit" className="button primary" isDisabled={sending}>
					{t("screen.trials.ask")}
				</Button>
			</div>
		</form>
	);
}

function Trial({
	trial: j,
	open,
	onOpen,
	examples,
}: {
	trial: TrialView;
	open: boolean;
	onOpen: () => void;
	examples: number;
}) {
	const { t, say, lang } = useTexts();
	return (
		<li className="trial">
			<p>
				<strong>{t(`screen.trials.kind.${j.kind}`, { n: examples })}</strong>{" "}
				{j.kind === "change" && j.preset && (
					<span className="tag">{t(`preset.${j.preset}`)}</span>
				)}{" "}
				<span className="quiet">
					{wall(j.at, lang, true)} {j.by}
				</span>
			</p>
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
