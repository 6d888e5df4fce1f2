import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import {
	flagWrong,
	type IncidentView,
	moveIncident,
	openIncident,
} from "../client";
import { ask, queries } from "../lib/api";
import type { CallDetail } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { CaseTypes, noTypes, TypeBoxes } from "./casetypes";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";

const outcomes = ["harassment", "complaint", "neither", "wrong_flag"] as const;
const elements = ["conduct", "beyond", "harmed"] as const;
type Answer = "yes" | "no";

/** The case of a past call: opened, taken up, closed with each of the three elements answered; and the wrong flag. */
export function Case({ detail }: { detail: CallDetail }) {
	const { t } = useTexts();
	const { may } = useSession();
	const [busy, setBusy] = useState(false);
	const [flagged, setFlagged] = useState(detail.examples.length > 0);
	const [error, setError] = useState<unknown>();
	const { call, case: found } = detail;
	const handle = may("handle_incidents");
	const run = async (what: () => Promise<unknown>) => {
		setBusy(true);
		setError(undefined);
		try {
			await what();
			await queries.invalidateQueries({ queryKey: ["call", call.id] });
			void queries.invalidateQueries({ queryKey: ["types"] });
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<section className="panel" aria-labelledby="case-title">
			<h2 id="case-title">{t("screen.case.title")}</h2>
			{found ? (
				<p>
					<span className="tag">{t(`incident.${found.status}`)}</span>{" "}
					{found.outcome &&
						t("screen.case.closed", { name: t(`outcome.${found.outcome}`) })}
				</p>
			) : (
				<p className="quiet">{t("screen.case.none")}</p>
			)}
			{found?.review && <Answered found={found} />}
			{found?.outcome === "harassment" && (
				<CaseTypes found={found} handle={handle} busy={busy} run={run} />
			)}
			{handle && !found && (
				<>
					<p className="help">{t("screen.case.open.help")}</p>
					<Button
						className="button"
						isDisabled={busy}
						onPress={() =>
							void run(() =>
								ask(
									openIncident({
										path: { id: call.id },
										body: { category: call.categories[0] ?? "REPEAT" },
									}),
								),
							)
						}
					>
						{t("screen.case.open")}
					</Button>
				</>
			)}
			{handle && found?.status === "new" && (
				<Button
					className="button"
					isDisabled={busy}
					onPress={() =>
						void run(() =>
							ask(
								moveIncident({
									path: { id: found.id },
									body: { status: "open" },
								}),
							),
						)
					}
				>
					{t("screen.case.take")}
				</Button>
			)}
			{handle && found && found.status !== "closed" && (
				<Closing found={found} busy={busy} run={run} />
			)}
			{handle && call.peak !== "S0" && !flagged && (
				<>
					<p className="help" id="flag-help">
						{t("screen.case.flag.help")}
					</p>
					<Button
						className="button"
						aria-describedby="flag-help"
						isDisabled={busy}
						onPress={() =>
							void run(async () => {
								await ask(flagWrong({ path: { id: call.id }, body: {} }));
								setFlagged(true);
							})
						}
					>
						{t("screen.case.flag")}
					</Button>
				</>
			)}
			{flagged && (
				<p className="quiet" role="status">
					{t("screen.case.flagged")}
				</p>
			)}
			{error !== undefined && <ErrorNote error={error} />}
		</section>
	);
}

function Answered({ found }: { found: IncidentView }) {
	const { t } = useTexts();
	return (
		<dl className="dl wide-dt">
			{elements.map((e) => {
				const answer = found.review?.[e];
				return (
					answer && (
						<div key={e} className="contents">
							<dt>{t(`screen.case.${e}`)}</dt>
							<dd>{t(`screen.case.answer.${answer}`)}</dd>
						</div>
					)
				);
			})}
			{found.review?.note && (
				<div className="contents">
					<dt>{t("screen.case.note")}</dt>
					<dd>{found.review.note}</dd>
				</div>
			)}
		</dl>
	);
}

function Closing({
	found,
	busy,
	run,
}: {
	found: IncidentView;
	busy: boolean;
	run: (what: () => Promise<unknown>) => Promise<void>;
}) {
	const { t } = useTexts();
	const [answers, setAnswers] = useState<
		Partial<Record<(typeof elements)[number], Answer>>
	>({});
	const [outcome, setOutcome] =
		useState<(typeof outcomes)[number]>("complaint");
	const [note, setNote] = useState("");
	const [missing, setMissing] = useState(false);
	const [types, setTypes] = useState(found.proposed ?? noTypes());
	const [decided, setDecided] = useState(false);
	const submit = (e: FormEvent) => {
		e.preventDefault();
		const blank = elements.some((x) => !answers[x]);
		setMissing(blank);
		if (blank) return;
		void run(() =>
			ask(
				moveIncident({
					path: { id: found.id },
					body: {
						status: "closed",
						outcome,
						review: { ...answers, note: note.trim() || undefined },
						types:
							outcome === "harassment" && decided ? types : undefined,
					},
				}),
			),
		);
	};
	return (
		<form className="form" onSubmit={submit} noValidate>
			<h3>{t("screen.case.elements")}</h3>
			{elements.map((e) => (
				<fieldset key={e} className="element">
					<legend>{t(`screen.case.${e}`)}</legend>
					{(["yes", "no"] as const).map((a) => (
						<label key={a}>
							<input
								type="radio"
								name={`${found.id}-${e}`}
								checked={answers[e] === a}
								onChange={() => setAnswers({ ...answers, [e]: a })}
							/>{" "}
							{t(`screen.case.answer.${a}`)}
						</label>
					))}
				</fieldset>
			))}
			<Field label={t("screen.case.outcome")}>
				{(p) => (
					<select
						{...p}
						value={outcome}
						onChange={(e) =>
							setOutcome(
								outcomes.find((x) => x === e.target.value) ?? "complaint",
							)
						}
					>
						{outcomes.map((o) => (
							<option key={o} value={o}>
								{t(`outcome.${o}`)}
							</option>
						))}
					</select>
				)}
			</Field>
			{outcome === "harassment" && (
				<>
					<h3>{t("screen.casetypes.title")}</h3>
					<p className="help">{t("screen.casetypes.lead")}</p>
					<TypeBoxes
						found={found}
						chosen={types}
						onChange={(x) => {
							setTypes(x);
							setDecided(false);
						}}
					/>
					<div className="otherwise">
						<label>
							<input
								type="checkbox"
								aria-describedby={`${found.id}-decided`}
								checked={decided}
								onChange={(e) => setDecided(e.target.checked)}
							/>{" "}
							{t("screen.casetypes.confirm")}
						</label>
						<p className="help" id={`${found.id}-decided`}>
							{t("screen.casetypes.confirm.help")}
						</p>
					</div>
				</>
			)}
			<Field label={t("screen.case.note")}>
				{(p) => (
					<textarea
						{...p}
						rows={2}
						maxLength={2000}
						value={note}
						onChange={(e) => setNote(e.target.value)}
					/>
				)}
			</Field>
			{missing && (
				<Note kind="bad" live>
					{t("error.incident_elements")}
				</Note>
			)}
			<div className="row">
				<Button type="submit" className="button primary" isDisabled={busy}>
					{t("screen.case.close")}
				</Button>
			</div>
		</form>
	);
}
