import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { Button } from "react-aria-components";
import { useLocation } from "wouter";
import {
	askTrial,
	type Criterion,
	type CriterionProblem,
	checkCriteria,
} from "../client";
import { ask } from "../lib/api";
import { categories } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";

const example = 'stalemate_minutes >= 20 && "HOLD" in categories';
/** What is written, once nobody has typed for a moment. */
function useSettled<T>(value: T): T {
	const [settled, setSettled] = useState(value);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(value), 400);
		return () => clearTimeout(timer);
	}, [value]);
	return settled;
}

/** The centre's own criteria: written, checked while they are written, tried over past calls. */
export function Criteria({
	list,
	locked,
	onChange,
}: {
	list: Criterion[];
	locked: boolean;
	onChange: (list: Criterion[]) => void;
}) {
	const { t, say } = useTexts();
	const { may } = useSession();
	const [, go] = useLocation();
	const [error, setError] = useState<unknown>();
	const settled = useSettled(list);
	const checked = useQuery({
		queryKey: ["criteria", settled],
		queryFn: () => ask(checkCriteria({ body: { criteria: settled } })),
		placeholderData: keepPreviousData,
	});
	const problems = checked.data?.problems ?? [];
	const sure = settled === list && checked.data && !checked.isPlaceholderData;
	const put = (i: number, part: Partial<Criterion>) =>
		onChange(list.map((c, k) => (k === i ? { ...c, ...part } : c)));
	const preview = async () => {
		setError(undefined);
		try {
			await ask(
				askTrial({
					body: { kind: "change", days: 28, rules: { criteria: list } },
				}),
			);
			go("/trials");
		} catch (problem) {
			setError(problem);
		}
	};
	return (
		<fieldset className="panel criteria" disabled={locked}>
			<legend>
				<h2>{t("screen.criteria.title")}</h2>
			</legend>
			<p className="help">{t("screen.criteria.lead")}</p>
			{list.map((c, i) => (
				<One
					// biome-ignore lint/suspicious/noArrayIndexKey: a name is being typed, so it can't be the key
					key={i}
					criterion={c}
					problems={problems.filter((p) => p.criterion === i)}
					good={!!sure}
					onPut={(part) => put(i, part)}
					onRemove={() => onChange(list.filter((_, k) => k !== i))}
				/>
			))}
			<div className="row">
				<Button
					className="button"
					isDisabled={locked}
					onPress={() =>
						onChange([
							...list,
							{ name: "", when: example, category: "HOLD", level: "S1" },
						])
					}
				>
					{t("screen.criteria.add")}
				</Button>
				{list.length > 0 && may("try_rules") && (
					<Button
						className="button"
						isDisabled={!sure || problems.length > 0}
						onPress={() => void preview()}
					>
						{t("screen.criteria.preview")}
					</Button>
				)}
			</div>
			{list.length > 0 && !sure && (
				<p role="status" className="quiet">
					{t("screen.criteria.checking")}
				</p>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			{list.length > 0 && (
				<>
					<h3>{t("screen.criteria.facts")}</h3>
					<dl className="dl wide-dt">
						{checked.data?.facts.map((f) => (
							<div key={f} className="contents">
								<dt>
									<code>{f}</code>
								</dt>
								<dd>{say(`fact.${f}`)}</dd>
							</div>
						))}
					</dl>
				</>
			)}
		</fieldset>
	);
}

function One({
	criterion: c,
	problems,
	good,
	onPut,
	onRemove,
}: {
	criterion: Criterion;
	problems: CriterionProblem[];
	good: boolean;
	onPut: (part: Partial<Criterion>) => void;
	onRemove: () => void;
}) {
	const { t, say } = useTexts();
	const id = useId();
	return (
		<section className="criterion" aria-label={c.name || t("screen.criteria.title")}>
			<div className="two">
				<Field label={t("screen.criteria.name")}>
					{(p) => (
						<input
							{...p}
							maxLength={80}
							value={c.name}
							onChange={(e) => onPut({ name: e.target.value })}
						/>
					)}
				</Field>
				<Field label={t("screen.criteria.category")}>
					{(p) => (
						<select
							{...p}
							value={c.category}
							onChange={(e) =>
								onPut({
									category:
										categories.find((x) => x === e.target.value) ?? "HOLD",
								})
							}
						>
							{categories.map((x) => (
								<option key={x} value={x}>
									{t(`category.${x}`)}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label={t("screen.criteria.level")}>
					{(p) => (
						<select
							{...p}
							value={c.level}
							onChange={(e) =>
								onPut({ level: e.target.value === "S2" ? "S2" : "S1" })
							}
						>
							{(["S1", "S2"] as const).map((x) => (
								<option key={x} value={x}>
									{t(`level.${x}`)}
								</option>
							))}
						</select>
					)}
				</Field>
				<label className="check">
					<input
						type="checkbox"
						checked={!!c.off}
						onChange={(e) => onPut({ off: e.target.checked })}
					/>{" "}
					{t("screen.criteria.off")}
				</label>
			</div>
			<Field label={t("screen.criteria.when", { example })}>
				{(p) => (
					<textarea
						{...p}
						aria-describedby={id}
						aria-invalid={problems.length > 0}
						className="code"
						rows={2}
						maxLength={1000}
						spellCheck={false}
						value={c.when}
						onChange={(e) => onPut({ when: e.target.value })}
					/>
				)}
			</Field>
			<div id={id} aria-live="polite">
				{problems.length > 0 ? (
					<Note kind="bad">
						<ul className="plain">
							{problems.map((p) => (
								<li key={`${p.line}:${p.column}:${p.key}:${p.what}`}>
									{!!p.line && (
										<span className="tag">
											{t("screen.criteria.place", {
												line: p.line,
												column: p.column ?? 1,
											})}
										</span>
									)}{" "}
									{say(p.key, { what: p.what ?? "" })}
								</li>
							))}
						</ul>
					</Note>
				) : (
					good && <p className="quiet">{t("screen.criteria.good")}</p>
				)}
			</div>
			<Button className="button" onPress={onRemove}>
				{t("screen.criteria.remove", { name: c.name })}
			</Button>
		</section>
	);
}
