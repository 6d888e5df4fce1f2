import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import {
	answerObjection,
	listObjections,
	type ObjectionView,
	objectToLimit,
} from "../client";
import { ask, queries } from "../lib/api";
import { wall } from "../lib/format";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote } from "./note";

const ways = ["letter", "web", "phone", "other"] as const;
const refresh = () => queries.invalidateQueries({ queryKey: ["objections"] });

/** Objections against limits: tasks with a due date. */
export function Objections() {
	const { t } = useTexts();
	const found = useQuery({
		queryKey: ["objections"],
		queryFn: () => ask(listObjections()),
		staleTime: 0,
	});
	return (
		<section aria-labelledby="objections-title">
			<h2 id="objections-title">{t("screen.objections.title")}</h2>
			<p className="quiet">{t("screen.objections.lead")}</p>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.data?.objections.length === 0 && (
				<p className="quiet">{t("screen.objections.empty")}</p>
			)}
			<ul className="cards">
				{found.data?.objections.map((o) => (
					<Card key={o.id} objection={o} />
				))}
			</ul>
		</section>
	);
}

function Card({ objection: o }: { objection: ObjectionView }) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	const [answer, setAnswer] = useState("");
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const decide = async (lift: boolean) => {
		setBusy(true);
		setError(undefined);
		try {
			await ask(
				answerObjection({
					path: { id: o.id },
					body: { lift, answer: answer.trim() },
				}),
			);
			await refresh();
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<li className="card">
			<p>
				<strong>{o.words}</strong>
			</p>
			<p className="quiet">
				{t(`screen.objections.way.${o.way}`)} /{" "}
				{t("screen.objections.by", {
					at: wall(o.at, lang),
					name: o.taken_by ?? "",
				})}
			</p>
			{o.decision ? (
				<p>
					{t(`screen.objections.${o.decision}`)}: {o.answer} ({o.done_by})
				</p>
			) : (
				<>
					<p>
						{t("screen.objections.due", { at: wall(o.due, lang) })}{" "}
						{o.late && (
							<span className="tag">{t("screen.objections.late")}</span>
						)}
					</p>
					{may("approve_limit") && (
						<div className="form">
							<Field label={t("screen.objections.answer")}>
								{(p) => (
									<textarea
										{...p}
										rows={2}
										maxLength={2000}
										value={answer}
										onChange={(e) => setAnswer(e.target.value)}
									/>
								)}
							</Field>
							<div className="row">
								<Button
									className="button"
									isDisabled={busy || !answer.trim()}
									onPress={() => void decide(false)}
								>
									{t("screen.objections.keep")}
								</Button>
								<Button
									className="button"
									isDisabled={busy || !answer.trim()}
									onPress={() => void decide(true)}
								>
									{t("screen.objections.lift")}
								</Button>
							</div>
						</div>
					)}
				</>
			)}
			{error !== undefined && <ErrorNote error={error} />}
		</li>
	);
}

/** Writes an objection against a limit down. */
export function NewObjection({
	limit,
	onDone,
}: {
	limit: string;
	onDone: () => void;
}) {
	const { t } = useTexts();
	const [way, setWay] = useState<(typeof ways)[number]>("letter");
	const [words, setWords] = useState("");
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setBusy(true);
		setError(undefined);
		try {
			await ask(
				objectToLimit({
					path: { id: limit },
					body: { way, words: words.trim() },
				}),
			);
			await refresh();
			onDone();
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<form className="form" onSubmit={submit}>
			<Field label={t("screen.objections.way")}>
				{(p) => (
					<select
						{...p}
						value={way}
						onChange={(e) =>
							setWay(ways.find((x) => x === e.target.value) ?? "letter")
						}
					>
						{ways.map((w) => (
							<option key={w} value={w}>
								{t(`screen.objections.way.${w}`)}
							</option>
						))}
					</select>
				)}
			</Field>
			<Field label={t("screen.objections.words")}>
				{(p) => (
					<textarea
						{...p}
						rows={2}
						maxLength={2000}
						value={words}
						onChange={(e) => setWords(e.target.value)}
					/>
				)}
			</Field>
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button
					type="submit"
					className="button primary"
					isDisabled={busy || !words.trim()}
				>
					{t("screen.objections.send")}
				</Button>
				<Button className="button" onPress={onDone}>
					{t("screen.cancel")}
				</Button>
			</div>
		</form>
	);
}

