import { useState } from "react";
import { categories, guards, type ShippedWord } from "../lib/model";
import { levelOf } from "../lib/order";
import { useTexts } from "../lib/texts";
import { Field } from "./field";

/** The words that come with the product: to be looked at and looked through, never changed. */
export function ShippedWords({ words }: { words: ShippedWord[] }) {
	const { t } = useTexts();
	const [part, setPart] = useState("");
	const wanted = part.trim().normalize("NFKC");
	const found = words.filter(
		(w) =>
			wanted === "" ||
			w.surface.includes(wanted) ||
			(w.reading ?? "").includes(wanted) ||
			w.id.includes(wanted.toUpperCase()),
	);
	return (
		<section aria-labelledby="shipped-title">
			<h2 id="shipped-title">
				{t("screen.words.shipped")}{" "}
				<span className="count">{words.length}</span>
			</h2>
			<p className="quiet">{t("screen.words.shipped.lead")}</p>
			<Field label={t("screen.words.search")}>
				{(p) => (
					<input
						{...p}
						type="search"
						autoComplete="off"
						value={part}
						onChange={(e) => setPart(e.target.value)}
					/>
				)}
			</Field>
			<p className="quiet" role="status">
				{wanted && t("screen.words.found", { n: found.length })}
			</p>
			{[...categories, ...guards].map((c) => {
				const some = found.filter((w) => w.category === c);
				if (some.length === 0) return null;
				return (
					<details key={c} className="sheet" open={wanted !== ""}>
						<summary>
							{t(`category.${c}`)} <span className="count">{some.length}</span>
						</summary>
						<ul className="issues">
							{some.map((w) => (
								<li key={w.id}>
									{w.surface || w.reading}{" "}
									{w.surface && w.reading && (
										<span className="quiet">{w.reading}</span>
									)}{" "}
									{w.level !== "S0" && (
										<span className="tag">{t(levelOf(w))}</span>
									)}
								</li>
							))}
						</ul>
					</details>
				);
			})}
		</section>
	);
}
