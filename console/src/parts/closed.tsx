import { useState } from "react";
import { Button } from "react-aria-components";
import { type ClosedDay, type ClosedRead, readClosedDays } from "../client";
import { ask } from "../lib/api";
import { base64 } from "../lib/base64";
import { dayName, tokyoDay } from "../lib/format";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";

/** As many days as the office keeps, and letters of a name. */
const most = 400;
const longest = 40;

/** The days on which the review desk is away: entered one by one, or read from a table. Saved with the rules around it. */
export function ClosedDays({
	list,
	locked,
	onChange,
}: {
	list: ClosedDay[];
	locked: boolean;
	onChange: (list: ClosedDay[]) => void;
}) {
	const { t, lang } = useTexts();
	const today = tokyoDay(new Date());
	return (
		<fieldset className="closed">
			<legend>{t("screen.closed.title")}</legend>
			<p className="help">{t("screen.closed.help")}</p>
			{list.length === 0 ? (
				<p className="quiet">{t("screen.closed.empty")}</p>
			) : (
				<details className="sheet" open>
					<summary>{t("screen.closed.count", { n: list.length })}</summary>
					{/* It scrolls, so it can be reached with the keyboard where nothing in it can. */}
					<ul
						className="plain closed-list"
						aria-label={t("screen.closed.title")}
						// biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls
						tabIndex={0}
					>
						{list.map((d) => (
							<li key={d.date} className={d.date < today ? "past" : undefined}>
								<span className="num">{dayName(d.date, lang)}</span>
								<span>{d.note}</span>
								{d.date < today && (
									<span className="tag">{t("screen.closed.past")}</span>
								)}
								{!locked && (
									<Button
										className="button small"
										aria-label={t("screen.closed.remove_for", {
											date: dayName(d.date, lang),
										})}
										onPress={() => onChange(list.filter((x) => x !== d))}
									>
										{t("screen.words.remove")}
									</Button>
								)}
							</li>
						))}
					</ul>
				</details>
			)}
			{!locked && (
				<>
					<OneDay list={list} today={today} onChange={onChange} />
					<Table list={list} onChange={onChange} />
				</>
			)}
		</fieldset>
	);
}

function OneDay({
	list,
	today,
	onChange,
}: {
	list: ClosedDay[];
	today: string;
	onChange: (list: ClosedDay[]) => void;
}) {
	const { t } = useTexts();
	const [date, setDate] = useState("");
	const [note, setNote] = useState("");
	const wrong =
		list.length >= most
			? t("screen.closed.full")
			: date && date < today
				? t("screen.closed.past_day")
				: list.some((d) => d.date === date)
					? t("screen.closed.twice")
					: undefined;
	const add = () => {
		if (!date || wrong) return;
		const day = { date, note: note.trim() || undefined };
		onChange(
			[...list, day].sort((a, b) => (a.date < b.date ? -1 : 1)),
		);
		setDate("");
		setNote("");
	};
	return (
		<>
			<div className="two">
				<Field label={t("screen.closed.date")}>
					{(p) => (
						<input
							{...p}
							type="date"
							min={today}
							value={date}
							onChange={(e) => setDate(e.target.value)}
						/>
					)}
				</Field>
				<Field label={t("screen.closed.note")}>
					{(p) => (
						<input
							{...p}
							maxLength={longest}
							autoComplete="off"
							value={note}
							onChange={(e) => setNote(e.target.value)}
							onKeyDown={(e) => {
								if (e.key !== "Enter") return;
								e.preventDefault();
								add();
							}}
						/>
					)}
				</Field>
			</div>
			{wrong && (
				<p role="alert">
					<span className="tag bad">{wrong}</span>
				</p>
			)}
			<div className="row">
				<Button
					className="button"
					isDisabled={!date || wrong !== undefined}
					onPress={add}
				>
					{t("screen.closed.add")}
				</Button>
			</div>
		</>
	);
}

function Table({
	list,
	onChange,
}: {
	list: ClosedDay[];
	onChange: (list: ClosedDay[]) => void;
}) {
	const { t, say } = useTexts();
	const [file, setFile] = useState<File>();
	const [pasted, setPasted] = useState("");
	const [read, setRead] = useState<ClosedRead>();
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const submit = async () => {
		setBusy(true);
		setError(undefined);
		setRead(undefined);
		try {
			const table = await base64(file ?? new Blob([pasted]));
			const answer = await ask(readClosedDays({ body: { table, days: list } }));
			setRead(answer);
			if (answer.issues.length === 0) onChange(answer.days);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<details className="sheet">
			<summary>{t("screen.closed.read.title")}</summary>
			<div className="form">
				<p className="help">{t("screen.closed.read.help")}</p>
				<Field label={t("screen.closed.read.file")}>
					{(p) => (
						<input
							{...p}
							type="file"
							accept=".csv,text/csv"
							onChange={(e) => setFile(e.target.files?.[0])}
						/>
					)}
				</Field>
				<Field label={t("screen.closed.read.paste")}>
					{(p) => (
						<textarea
							{...p}
							rows={4}
							disabled={file !== undefined}
							value={pasted}
							onChange={(e) => setPasted(e.target.value)}
						/>
					)}
				</Field>
				{error !== undefined && <ErrorNote error={error} />}
				{read && read.issues.length === 0 && (
					<Note kind="good" live>
						{t("screen.closed.read.done", {
							added: read.added,
							past: read.past,
						})}
					</Note>
				)}
				{read && read.issues.length > 0 && (
					<Note kind="bad" live>
						<p>{t("screen.closed.read.wrong")}</p>
						<ul className="issues">
							{read.issues.map((i) => (
								<li key={`${i.line} ${i.key}`}>
									{i.line !== undefined && (
										<strong>{t("screen.words.line", { n: i.line })} </strong>
									)}
									{say(i.key, i.args)}
								</li>
							))}
						</ul>
					</Note>
				)}
				<div className="row">
					<Button
						className="button"
						isDisabled={busy || (!file && pasted.trim() === "")}
						onPress={() => void submit()}
					>
						{t("screen.closed.read")}
					</Button>
				</div>
			</div>
		</details>
	);
}
