import type { LexiconIssue } from "../lib/model";
import { useTexts } from "../lib/texts";
import { Note } from "./note";

/** What is wrong with words, and what a person should know of them, each with its place. */
export function WordIssues({ issues }: { issues: LexiconIssue[] }) {
	const { t, say } = useTexts();
	const list = (some: LexiconIssue[]) => (
		<ul className="issues">
			{some.map((i) => (
				<li key={`${i.line} ${i.id} ${i.field} ${i.key}`}>
					{i.line ? (
						<strong>{t("screen.words.line", { n: i.line })} </strong>
					) : null}
					{i.line && i.id ? <span className="quiet">{i.id} </span> : null}
					{say(i.key, i.args)}
				</li>
			))}
		</ul>
	);
	const wrong = issues.filter((i) => !i.warning);
	const warnings = issues.filter((i) => i.warning);
	return (
		<>
			{wrong.length > 0 && (
				<Note kind="bad" live>
					<p>{t("screen.words.wrong", { n: wrong.length })}</p>
					{list(wrong)}
				</Note>
			)}
			{warnings.length > 0 && (
				<Note kind="warn" live>
					<p>{t("screen.words.warnings")}</p>
					{list(warnings)}
				</Note>
			)}
		</>
	);
}
