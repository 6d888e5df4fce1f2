import type { Thresholds } from "../client";
import { type Key, useTexts } from "../lib/texts";
import { Field } from "./field";

type Unit = "unit.s" | "unit.min" | "unit.times" | "unit.percent" | "unit.db";
type One = { key: keyof Thresholds; unit: Unit; per: number; steps?: Key[] };

const three: Key[] = ["level.S1", "level.S2", "level.S3"];

/** The thresholds in their order, in the units in which people think; per is how many of the API's make one. */
const all: One[] = [
	{ key: "apart_ms", unit: "unit.s", per: 1000 },
	{ key: "pair_ms", unit: "unit.s", per: 1000 },
	{ key: "pair_other_ms", unit: "unit.s", per: 1000 },
	{ key: "decay_ms", unit: "unit.min", per: 60000 },
	{ key: "support_ms", unit: "unit.s", per: 1000 },
	{ key: "word_floor", unit: "unit.percent", per: 0.01 },
	{ key: "phrase_floor", unit: "unit.percent", per: 0.01 },
	{ key: "phrase_sure", unit: "unit.percent", per: 0.01 },
	{ key: "louder_db", unit: "unit.db", per: 1 },
	{ key: "stalemate_min", unit: "unit.min", per: 1, steps: three },
	{ key: "on_matter_calls", unit: "unit.times", per: 1, steps: three },
	{ key: "matter_today", unit: "unit.times", per: 1, steps: three },
	{ key: "again", unit: "unit.times", per: 1 },
	{ key: "refused_end", unit: "unit.times", per: 1, steps: three.slice(0, 2) },
	{ key: "quiet_ms", unit: "unit.s", per: 1000 },
];

/** What somebody has written into the fields, by threshold and step; what is not there is as in force. */
export type Written = Record<string, string>;

const field = (o: One, step: number) => `${o.key}.${step}`;
const numbers = (v: number | number[] | null): number[] =>
	Array.isArray(v) ? v : [v ?? 0];
const shown = (n: number, per: number) => Number((n / per).toFixed(4));

/** The thresholds that differ from those in force, as the API wants them. An empty field is as in force. */
export function changedThresholds(now: Thresholds, written: Written) {
	const out: Record<string, number | number[]> = {};
	for (const o of all) {
		const old = numbers(now[o.key]);
		const next = old.map((n, i) => {
			const text = written[field(o, i)] ?? "";
			const value = Number(text);
			return text.trim() === "" || Number.isNaN(value)
				? n
				: Number((value * o.per).toFixed(4));
		});
		if (next.some((n, i) => n !== old[i]))
			out[o.key] = o.steps ? next : (next[0] ?? 0);
	}
	return out;
}

/** Fields for all thresholds, each with what is in force and what is shipped. */
export function ThresholdFields({
	now,
	shipped,
	written,
	onChange,
}: {
	now: Thresholds;
	shipped: Thresholds;
	written: Written;
	onChange: (w: Written) => void;
}) {
	const { t } = useTexts();
	return (
		<div className="two">
			{all.flatMap((o) =>
				numbers(now[o.key]).map((n, i) => {
					const step = o.steps?.[i];
					const unit = t(o.unit);
					return (
						<Field
							key={field(o, i)}
							label={`${t(`th.${o.key}`)}${step ? ` ${t(step)}` : ""} (${unit})`}
							help={t("screen.trials.th.values", {
								now: shown(n, o.per),
								shipped: shown(numbers(shipped[o.key])[i] ?? 0, o.per),
								unit,
							})}
						>
							{(p) => (
								<input
									{...p}
									type="number"
									name={field(o, i)}
									min={0}
									step="any"
									placeholder={String(shown(n, o.per))}
									value={written[field(o, i)] ?? ""}
									onChange={(e) =>
										onChange({ ...written, [field(o, i)]: e.target.value })
									}
								/>
							)}
						</Field>
					);
				}),
			)}
		</div>
	);
}

/** Says which thresholds a trial had, in words. */
export function useThresholdText() {
	const { t } = useTexts();
	return (changed: Record<string, unknown>) =>
		all
			.filter((o) => o.key in changed)
			.map((o) => {
				const v = changed[o.key];
				const values = (Array.isArray(v) ? v : [v])
					.map((n) => shown(Number(n), o.per))
					.join(" / ");
				return `${t(`th.${o.key}`)}: ${values} ${t(o.unit)}`;
			});
}
