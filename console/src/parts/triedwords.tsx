import { useState } from "react";
import { Button } from "react-aria-components";
import type { LexiconChange, LexiconView, LexiconWord } from "../lib/model";
import { useTexts } from "../lib/texts";
import { WordForm } from "./wordform";

/** The words as they would be: kept in the page, not saved. */
export function wordsOf(l: LexiconView, put: LexiconWord[]): LexiconWord[] {
	const kept = l.own.map((w) => put.find((p) => p.id === w.id) ?? w);
	return [...kept, ...put.filter((p) => !l.own.some((w) => w.id === p.id))];
}

/** The centre's own words to be tried otherwise: switched off or on, changed, added. Nothing here is saved. */
export function TriedWords({
	lexicon: l,
	put,
	onChange,
}: {
	lexicon: LexiconView;
	put: LexiconWord[];
	onChange: (put: LexiconWord[]) => void;
}) {
	const { t } = useTexts();
	const [open, setOpen] = useState<{ word: LexiconWord | undefined }>();
	const words = wordsOf(l, put);
	const keep = (w: LexiconWord) =>
		onChange([...put.filter((p) => p.id !== w.id), { ...w, phonemes: undefined }]);
	const take = async (c: LexiconChange) => {
		const w = c.put?.[0];
		if (w) keep({ ...w, id: w.id || `TRY-${put.length + 1}` });
		setOpen(undefined);
	};
	return (
		<>
			<ul className="plain" aria-label={t("screen.words.own")}>
				{words.map((w) => {
					const name = w.surface || w.reading || (w.id ?? "");
					return (
						<li key={w.id} className="row">
							<label>
								<input
									type="checkbox"
									checked={!w.off}
									onChange={(e) => keep({ ...w, off: !e.target.checked })}
								/>{" "}
								{name}
							</label>
							{put.some((p) => p.id === w.id) && (
								<span className="tag">{t("screen.trials.words.otherwise")}</span>
							)}
							<Button
								className="button small"
								aria-label={t("screen.words.edit_for", { name })}
								onPress={() => setOpen({ word: w })}
							>
								{t("screen.words.edit")}
							</Button>
						</li>
					);
				})}
			</ul>
			{words.length === 0 && (
				<p className="quiet">{t("screen.words.empty")}</p>
			)}
			{!open && (
				<div className="row">
					<Button
						className="button"
						onPress={() => setOpen({ word: undefined })}
					>
						{t("screen.trials.words.add")}
					</Button>
				</div>
			)}
			{open && (
				<WordForm
					key={open.word?.id ?? ""}
					word={open.word}
					version={l.version}
				save="screen.trials.words.take"
					onCancel={() => setOpen(undefined)}
					onPut={take}
				/>
			)}
		</>
	);
}
