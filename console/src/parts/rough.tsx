import { useState } from "react";
import { Switch } from "react-aria-components";
import { useRough } from "../lib/rough";
import { useTexts } from "../lib/texts";

/** What the machine takes the caller's sounds for. It is off until somebody wants it, and says what it is. */
export function Rough({ call }: { call: string }) {
	const { t } = useTexts();
	const [on, setOn] = useState(false);
	const { shown, away } = useRough(call, on);
	return (
		<section className="panel" aria-labelledby="rough-title">
			<h2 id="rough-title">{t("screen.rough.title")}</h2>
			<Switch className="switch" isSelected={on} onChange={setOn}>
				<span className="track" aria-hidden="true" />
				{t("screen.rough.show")}
			</Switch>
			<p className="help">{t("screen.rough.help")}</p>
			{on && (
				<p className="rough" lang="ja">
					{shown ||
						t(away ? "screen.rough.away" : "screen.rough.waiting")}
				</p>
			)}
			{on && shown && away && (
				<p className="quiet" role="status">
					{t("screen.rough.away")}
				</p>
			)}
		</section>
	);
}
