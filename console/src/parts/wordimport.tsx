import { type FormEvent, useState } from "react";
import { Button, Switch } from "react-aria-components";
import { importLexicon } from "../client";
import { ask } from "../lib/api";
import { base64 } from "../lib/base64";
import type {
	LexiconChange,
	LexiconImport,
	LexiconWord,
} from "../lib/model";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";
import { WordIssues } from "./wordissues";

/** Reads a table, shows what it would change and everything that is wrong with it, and saves it when a person agrees. */
export function WordImport({
	onCancel,
	onPut,
}: {
	onCancel: () => void;
	onPut: (c: LexiconChange) => Promise<void>;
}) {
	const { t } = useTexts();
	const [file, setFile] = useState<File>();
	const [replace, setReplace] = useState(false);
	const [seen, setSeen] = useState<LexiconImport>();
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();

	const look = async (e: FormEvent) => {
		e.preventDefault();
		if (!file) return;
		setBusy(true);
		setError(undefined);
		try {
			const table = await base64(file);
			setSeen(await ask(importLexicon({ body: { table, replace } })));
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	const save = async (c: LexiconChange) => {
		setBusy(true);
		await onPut(c);
		setBusy(false);
	};
	const p = seen?.preview;
	const nothing =
		p && p.added.length + p.changed.length + p.removed.length === 0;

	return (
		<form
			className="panel form"
			onSubmit={look}
			noValidate
			aria-labelledby="import-title"
		>
			<h2 id="import-title">{t("screen.words.import")}</h2>
			<Field
				label={t("screen.words.import.file")}
				help={t("screen.words.import.help")}
			>
				{(ids) => (
					<input
						{...ids}
						type="file"
						accept=".csv,text/csv"
						onChange={(e) => {
							setSeen(undefined);
							setFile(e.target.files?.[0]);
						}}
					/>
				)}
			</Field>
			<Switch
				className="switch"
				isSelected={replace}
				onChange={(on) => {
					setSeen(undefined);
					setReplace(on);
				}}
			>
				<span className="track" aria-hidden="true" />
				{t("screen.words.import.replace")}
			</Switch>
			{seen && p && (
				<>
					<WordIssues issues={p.issues} />
					{nothing && !p.wrong && (
						<Note kind="info" live>
							{t("screen.words.import.nothing")}
						</Note>
					)}
					<Changes
						title={t("screen.words.import.added", { n: p.added.length })}
						words={p.added}
					/>
					<Changes
						title={t("screen.words.import.changed", { n: p.changed.length })}
						words={p.changed.map((c) => c.after)}
						before={p.changed.map((c) => c.before)}
					/>
					<Changes
						title={t("screen.words.import.removed", { n: p.removed.length })}
						words={p.removed}
					/>
				</>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button
					type="submit"
					className={seen ? "button" : "button primary"}
					isDisabled={busy || !file}
				>
					{t("screen.words.import.look")}
				</Button>
				{seen && p && !p.wrong && !nothing && (
					<Button
						className="button primary"
						isDisabled={busy}
						onPress={() => void save(seen.change)}
					>
						{t("screen.words.import.save")}
					</Button>
				)}
				<Button className="button" onPress={onCancel}>
					{t("screen.cancel")}
				</Button>
			</div>
		</form>
	);
}

function Changes({
	title,
	words,
	before,
}: {
	title: string;
	words: LexiconWord[];
	before?: LexiconWord[];
}) {
	const { t } = useTexts();
	if (words.length === 0) return null;
	const shown = (w: LexiconWord) =>
		[
			w.surface || t("screen.none"),
			w.reading,
			t(`category.${w.category}`),
			w.level === "S0" ? undefined : t(`level.${w.level}`),
			w.off ? t("screen.words.off") : undefined,
		]
			.filter(Boolean)
			.join(" / ");
	return (
		<section>
			<h3>{title}</h3>
			<ul className="issues">
				{words.map((w, i) => {
					const old = before?.[i];
					return (
						<li key={w.id}>
							<span className="quiet">{w.id}</span>{" "}
							{old && shown(old) !== shown(w) ? (
								<>
									<del>{shown(old)}</del> → {shown(w)}
								</>
							) : (
								shown(w)
							)}
						</li>
					);
				})}
			</ul>
		</section>
	);
}
