import { Button } from "react-aria-components";
import type { Careful as Entry } from "../client";
import { categories, levels } from "../lib/model";
import { useTexts } from "../lib/texts";

const grave = levels.filter((x) => x !== "S0");
const presets = ["ask", "watch"] as const;

/** Kinds of conduct with which the machine does less by itself than the preset says. */
export function Careful({
	list,
	locked,
	onChange,
}: {
	list: Entry[];
	locked: boolean;
	onChange: (list: Entry[]) => void;
}) {
	const { t } = useTexts();
	const put = (i: number, part: Partial<Entry>) =>
		onChange(list.map((c, k) => (k === i ? { ...c, ...part } : c)));
	return (
		<fieldset className="panel" disabled={locked}>
			<legend>
				<h2>{t("screen.careful.title")}</h2>
			</legend>
			<p className="help">{t("screen.careful.lead")}</p>
			{list.map((c, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a category may stand twice, with other levels
				<div className="row" key={i}>
					<select
						aria-label={t("screen.careful.category", { n: i + 1 })}
						value={c.category}
						onChange={(e) => {
							const category = categories.find((x) => x === e.target.value);
							if (category) put(i, { category });
						}}
					>
						{categories.map((x) => (
							<option key={x} value={x}>
								{t(`category.${x}`)}
							</option>
						))}
					</select>
					<select
						aria-label={t("screen.careful.through", { n: i + 1 })}
						value={c.through}
						onChange={(e) => {
							const through = grave.find((x) => x === e.target.value);
							if (through) put(i, { through });
						}}
					>
						{grave.map((x) => (
							<option key={x} value={x}>
								{x === "S4"
									? t("screen.careful.all")
									: t("screen.careful.up_to", { level: t(`level.${x}`) })}
							</option>
						))}
					</select>
					<select
						aria-label={t("screen.careful.preset", { n: i + 1 })}
						value={c.preset}
						onChange={(e) => {
							const preset = presets.find((x) => x === e.target.value);
							if (preset) put(i, { preset });
						}}
					>
						{presets.map((x) => (
							<option key={x} value={x}>
								{t(`preset.${x}`)}
							</option>
						))}
					</select>
					<Button
						className="button"
						aria-label={t("screen.careful.remove", {
							what: t(`category.${c.category}`),
						})}
						isDisabled={locked}
						onPress={() => onChange(list.filter((_, k) => k !== i))}
					>
						{t("screen.careful.remove.short")}
					</Button>
				</div>
			))}
			<div className="row">
				<Button
					className="button"
					isDisabled={locked}
					onPress={() =>
						onChange([
							...list,
							{ category: "HOLD", through: "S4", preset: "ask" },
						])
					}
				>
					{t("screen.careful.add")}
				</Button>
			</div>
		</fieldset>
	);
}
