import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import { checkLexicon } from "../client";
import { ask } from "../lib/api";
import {
	categories,
	guards,
	type LexiconChange,
	type LexiconIssue,
	type LexiconWord,
	levels,
} from "../lib/model";
import { type Key, useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote } from "./note";
import { WordIssues } from "./wordissues";

const lines = (text: string) =>
	text
		.split("\n")
		.map((s) => s.trim())
		.filter((s) => s !== "");

const fresh: LexiconWord = { category: "ABUSE", surface: "", level: "S1" };

/** Adds a word or changes one. What is wrong is shown first; what is only noteworthy is saved by a second press. */
export function WordForm({
	word,
	version,
	save = "screen.words.save",
	onCancel,
	onPut,
}: {
	word: LexiconWord | undefined;
	version: number;
	/** What the button says that puts it where it belongs. */
	save?: Key;
	onCancel: () => void;
	onPut: (c: LexiconChange) => Promise<void>;
}) {
	const { t } = useTexts();
	const [w, setWord] = useState<LexiconWord>(word ?? fresh);
	const [forms, setForms] = useState((word?.forms ?? []).join("\n"));
	const [negations, setNegations] = useState(
		(word?.negations ?? []).join("\n"),
	);
	const [issues, setIssues] = useState<LexiconIssue[]>();
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const guard = guards.some((g) => g === w.category);
	const set = (part: Partial<LexiconWord>) => {
		setIssues(undefined);
		setWord({ ...w, ...part });
	};
	const warned = issues !== undefined && issues.every((i) => i.warning);

	const submit = async (e: FormEvent) => {
		e.preventDefault();
		const change: LexiconChange = {
			version,
			put: [
				{
					...w,
					phonemes: undefined,
					level: guard ? "S0" : w.level,
					forms: lines(forms),
					negations: lines(negations),
				},
			],
		};
		setBusy(true);
		setError(undefined);
		try {
			if (!warned) {
				const preview = await ask(checkLexicon({ body: change }));
				setIssues(preview.issues);
				if (preview.issues.length > 0) return;
			}
			await onPut(change);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};

	return (
		<form
			className="panel form"
			onSubmit={submit}
			noValidate
			aria-labelledby="word-title"
		>
			<h2 id="word-title">
				{t(word ? "screen.words.change" : "screen.words.new")}
			</h2>
			<div className="two">
				<Field
					label={t("screen.words.surface")}
					help={t("screen.words.surface.help")}
				>
					{(p) => (
						<input
							{...p}
							name="surface"
							maxLength={60}
							autoComplete="off"
							value={w.surface}
							onChange={(e) => set({ surface: e.target.value })}
						/>
					)}
				</Field>
				<Field
					label={t("screen.words.reading")}
					help={t("screen.words.reading.help")}
				>
					{(p) => (
						<input
							{...p}
							name="reading"
							maxLength={100}
							autoComplete="off"
							value={w.reading ?? ""}
							onChange={(e) => set({ reading: e.target.value })}
						/>
					)}
				</Field>
			</div>
			<div className="two">
				<Field label={t("screen.words.category")}>
					{(p) => (
						<select
							{...p}
							name="category"
							value={w.category}
							onChange={(e) =>
								set({
									category:
										[...categories, ...guards].find(
											(c) => c === e.target.value,
										) ?? "ABUSE",
								})
							}
						>
							<optgroup label={t("screen.words.harassment")}>
								{categories.map((c) => (
									<option key={c} value={c}>
										{t(`category.${c}`)}
									</option>
								))}
							</optgroup>
							<optgroup label={t("screen.words.holds")}>
								{guards.map((c) => (
									<option key={c} value={c}>
										{t(`category.${c}`)}
									</option>
								))}
							</optgroup>
						</select>
					)}
				</Field>
				{!guard && (
					<Field
						label={t("screen.words.level")}
						help={t("screen.words.level.help")}
					>
						{(p) => (
							<select
								{...p}
								name="level"
								value={w.level}
								onChange={(e) =>
									set({
										level: levels.find((l) => l === e.target.value) ?? "S1",
									})
								}
							>
								{levels
									.filter((l) => l !== "S0")
									.toReversed()
									.map((l) => (
										<option key={l} value={l}>
											{t(`level.${l}`)}
										</option>
									))}
							</select>
						)}
					</Field>
				)}
			</div>
			<div className="two">
				<Field
					label={
						<>
							{t("screen.words.forms")}{" "}
							<span className="tag">{t("screen.optional")}</span>
						</>
					}
					help={t("screen.words.forms.help")}
				>
					{(p) => (
						<textarea
							{...p}
							rows={3}
							value={forms}
							onChange={(e) => {
								setIssues(undefined);
								setForms(e.target.value);
							}}
						/>
					)}
				</Field>
				<Field
					label={
						<>
							{t("screen.words.negations")}{" "}
							<span className="tag">{t("screen.optional")}</span>
						</>
					}
					help={t("screen.words.negations.help")}
				>
					{(p) => (
						<textarea
							{...p}
							rows={3}
							value={negations}
							onChange={(e) => {
								setIssues(undefined);
								setNegations(e.target.value);
							}}
						/>
					)}
				</Field>
			</div>
			<Field
				label={
					<>
						{t("screen.words.note")}{" "}
						<span className="tag">{t("screen.optional")}</span>
					</>
				}
			>
				{(p) => (
					<input
						{...p}
						maxLength={200}
						value={w.note ?? ""}
						onChange={(e) => set({ note: e.target.value })}
					/>
				)}
			</Field>
			{issues && <WordIssues issues={issues} />}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button type="submit" className="button primary" isDisabled={busy}>
					{t(warned ? "screen.words.save_anyway" : save)}
				</Button>
				<Button className="button" onPress={onCancel}>
					{t("screen.cancel")}
				</Button>
			</div>
		</form>
	);
}
