import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "react-aria-components";
import { useSearch } from "wouter";
import { askTrial, getLexicon, getSettings, type TrialView } from "../client";
import { ask } from "../lib/api";
import type { LexiconWord, Preset } from "../lib/model";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote } from "./note";
import { changedThresholds, ThresholdFields, type Written } from "./thresholds";
import { PackBoxes } from "./tradepacks";
import { TriedWords } from "./triedwords";

const kinds = ["shadow", "change", "examples"] as const;
const presets: Preset[] = ["watch", "ask", "auto"];

/** What is to be tried otherwise, beside the preset: only what is ticked or written goes to the office. */
function useChanges(trade: string[] | undefined) {
	const [written, setWritten] = useState<Written>({});
	const [packs, setPacks] = useState(trade);
	const [put, setPut] = useState<LexiconWord[]>();
	return { written, setWritten, packs, setPacks, put, setPut };
}

/** The form that asks what is to be tried over past calls. */
export function Question({
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
