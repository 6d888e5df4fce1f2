import { type Key, useTexts } from "../lib/texts";
import { useTypes } from "./casetypes";

/** What the categories of a call are called by the authorities. A person decides whether they apply. */
export function OfficialTypes({ categories }: { categories: string[] }) {
	const { t, lang } = useTexts();
	const found = useTypes();
	const mine = found.data?.categories.filter((c) =>
		categories.includes(c.category),
	);
	if (!mine || mine.length === 0) return null;
	const names = (keys: string[]) =>
		[...new Set(keys)].map((k) => t(`type.${k}` as Key)).join(lang === "ja" ? "、" : ", ");
	const rows = [
		{
			title: t("screen.types.mhlw2026"),
			names: names(mine.flatMap((c) => c.mhlw2026 ?? [])),
		},
		{
			title: t("screen.types.mhlw9"),
			names: names(mine.flatMap((c) => c.mhlw9 ?? [])),
		},
		{
			title: t("screen.types.tokyo"),
			names: names(mine.flatMap((c) => c.tokyo ?? [])),
		},
	];
	if ((found.data?.ccaj ?? []).length > 0)
		rows.push({
			title: t("screen.types.ccaj"),
			names: [...new Set(mine.flatMap((c) => c.ccaj ?? []))].join(
				lang === "ja" ? "、" : ", ",
			),
		});
	return (
		<section className="panel" aria-labelledby="types-title">
			<h2 id="types-title">{t("screen.types.title")}</h2>
			<p className="help">{t("screen.types.lead")}</p>
			<dl>
				{rows.map((r) => (
					<div key={r.title}>
						<dt>{r.title}</dt>
						<dd>
							<strong>{r.names || t("screen.types.none")}</strong>
						</dd>
					</div>
				))}
			</dl>
		</section>
	);
}
