import { useState } from "react";
import { Button } from "react-aria-components";
import { putTypes } from "../client";
import { ask, queries } from "../lib/api";
import { categories, type SettingsView } from "../lib/model";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote } from "./note";

type Row = SettingsView["ccaj"][number] & { key: number };

/** The guideline has twelve; a few more may be entered. */
const most = 20;

/** The types of the CCAJ guideline: the centre writes their names and ticks what belongs to each. */
export function CcajTypes({
	settings,
	locked,
}: {
	settings: SettingsView;
	locked: boolean;
}) {
	const { t } = useTexts();
	const [rows, setRows] = useState<Row[]>(
		settings.ccaj.map((x, key) => ({ ...x, key })),
	);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const types = rows
		.map(({ name, categories }) => ({ name: name.trim(), categories }))
		.filter((x) => x.name !== "" || x.categories.length > 0);
	const changed = JSON.stringify(types) !== JSON.stringify(settings.ccaj);
	const change = (key: number, part: Partial<Row>) =>
		setRows(rows.map((r) => (r.key === key ? { ...r, ...part } : r)));
	const save = async () => {
		setBusy(true);
		setError(undefined);
		try {
			const fresh = await ask(
				putTypes({ body: { version: settings.version, types } }),
			);
			queries.setQueryData(["settings"], fresh);
			void queries.invalidateQueries({ queryKey: ["types"] });
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<section className="panel form" aria-labelledby="ccaj-title">
			<h2 id="ccaj-title">{t("screen.ccaj.title")}</h2>
			<p className="help">{t("screen.ccaj.lead")}</p>
			{rows.map((r, i) => (
				<fieldset key={r.key} className="packs" disabled={locked}>
					<legend>{t("screen.ccaj.type", { n: i + 1 })}</legend>
					<Field label={t("screen.ccaj.name")}>
						{(p) => (
							<input
								{...p}
								name="ccaj"
								maxLength={80}
								autoComplete="off"
								value={r.name}
								onChange={(e) => change(r.key, { name: e.target.value })}
							/>
						)}
					</Field>
					<details className="sheet">
						<summary>
							{t("screen.ccaj.categories", { n: i + 1 })}{" "}
							<span className="count">{r.categories.length}</span>
						</summary>
						<div className="ticks">
							{categories.map((c) => (
								<label key={c}>
									<input
										type="checkbox"
										checked={r.categories.includes(c)}
										onChange={(e) =>
											change(r.key, {
												categories: categories.filter((o) =>
													o === c ? e.target.checked : r.categories.includes(o),
												),
											})
										}
									/>{" "}
									{t(`category.${c}`)}
								</label>
							))}
						</div>
					</details>
					{!locked && (
						<Button
							className="button small"
							aria-label={t("screen.ccaj.remove_for", { n: i + 1 })}
							onPress={() => setRows(rows.filter((o) => o.key !== r.key))}
						>
							{t("screen.words.remove")}
						</Button>
					)}
				</fieldset>
			))}
			{rows.length === 0 && <p className="quiet">{t("screen.ccaj.empty")}</p>}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				{!locked && (
					<>
						<Button
							className="button"
							isDisabled={rows.length >= most}
							onPress={() =>
								setRows([
									...rows,
									{
										key: Math.max(0, ...rows.map((r) => r.key + 1)),
										name: "",
										categories: [],
									},
								])
							}
						>
							{t("screen.ccaj.add")}
						</Button>
						<Button
							className="button primary"
							isDisabled={busy || !changed}
							onPress={() => void save()}
						>
							{t("screen.ccaj.save")}
						</Button>
					</>
				)}
			</div>
		</section>
	);
}
