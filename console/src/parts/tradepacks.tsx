import { useState } from "react";
import { Button } from "react-aria-components";
import { Link } from "wouter";
import type { LexiconChange, LexiconView, TradePack } from "../lib/model";
import { useSession } from "../lib/session";
import { type Key, useTexts } from "../lib/texts";

/** The packs of trades with their words: which are in force is ticked, the words can't be changed. */
export function TradePacks({
	lexicon: l,
	locked,
	onPut,
}: {
	lexicon: LexiconView;
	locked: boolean;
	onPut: (c: LexiconChange, said: Key) => Promise<void>;
}) {
	const { t } = useTexts();
	const { may } = useSession();
	const now = l.trade.filter((p) => p.chosen).map((p) => p.name);
	const [chosen, setChosen] = useState(now);
	const [busy, setBusy] = useState(false);
	const changed = chosen.join() !== now.join();
	const save = async () => {
		setBusy(true);
		await onPut({ version: l.version, trade: chosen }, "screen.trade.saved");
		setBusy(false);
	};
	return (
		<section aria-labelledby="trade-title" className="panel">
			<h2 id="trade-title">{t("screen.trade.title")}</h2>
			<p className="help">{t("screen.trade.lead")}</p>
			<p className="help">{t("screen.trade.text_only")}</p>
			<PackBoxes
				packs={l.trade}
				chosen={chosen}
				locked={locked}
				onChange={setChosen}
			/>
			{!locked && (
				<div className="row">
					<Button
						className="button primary"
						isDisabled={busy || !changed}
						onPress={() => void save()}
					>
						{t("screen.trade.save")}
					</Button>
					{may("try_rules") && (
						<Link
							className="button"
							href={`/trials?trade=${encodeURIComponent(chosen.join(","))}`}
						>
							{t("screen.trade.try")}
						</Link>
					)}
				</div>
			)}
		</section>
	);
}

/** One box to tick a pack, and its words below it. */
export function PackBoxes({
	packs,
	chosen,
	locked,
	onChange,
}: {
	packs: TradePack[];
	chosen: string[];
	locked: boolean;
	onChange: (names: string[]) => void;
}) {
	const { t, say } = useTexts();
	const name = (p: TradePack) => say(`trade.${p.name}`);
	return (
		<fieldset className="packs" disabled={locked}>
			<legend>{t("screen.trade.choose")}</legend>
			{packs.map((p) => (
				<div key={p.name} className="pack">
					<label>
						<input
							type="checkbox"
							checked={chosen.includes(p.name)}
							onChange={(e) =>
								onChange(
									packs
										.map((o) => o.name)
										.filter((n) =>
											n === p.name ? e.target.checked : chosen.includes(n),
										),
								)
							}
						/>{" "}
						{name(p)}
					</label>
					<details className="sheet">
						<summary>
							{t("screen.trade.words", { name: name(p) })}{" "}
							<span className="count">{p.words.length}</span>
						</summary>
						<p className="help">{t("screen.trade.forms.help")}</p>
						<ul className="issues">
							{p.words.map((w) => (
								<li key={w.id}>
									{w.surface}{" "}
									{w.note && <span className="quiet">{w.note}</span>}{" "}
									<span className="tag">
										{t("screen.trade.forms", { n: w.forms.length })}
									</span>
									<ul className="issues">
										{w.forms.map((f) => (
											<li key={f}>
												<code>{f}</code>
											</li>
										))}
									</ul>
								</li>
							))}
						</ul>
					</details>
				</div>
			))}
		</fieldset>
	);
}
