import type { Hours } from "../client";
import { useTexts } from "../lib/texts";

const week = [1, 2, 3, 4, 5, 6, 0] as const;

/** The end of a day, which a field for times can only show as its beginning. */
const midnight = "24:00";

const shown = (clock = "") => (clock === midnight ? "00:00" : clock);

/** Half entered, or closing before it opens: the server would refuse it. */
const wrong = (h?: Hours) => h && (!h.from || !h.until || h.until <= h.from);

/** When the review desk is staffed, a row a weekday; a day without times is closed. */
export function Desk({
	list,
	onChange,
}: {
	list: Hours[];
	onChange: (list: Hours[]) => void;
}) {
	const { t } = useTexts();
	const of = (day: number) => list.find((h) => h.day === day);
	const put = (day: number, part: Partial<Hours>) => {
		const next = { from: "", until: "", ...of(day), ...part, day };
		const rest = list.filter((h) => h.day !== day);
		onChange(next.from || next.until ? [...rest, next] : rest);
	};
	return (
		<fieldset className="desk">
			<legend>{t("screen.settings.desk")}</legend>
			<p className="help" id="desk-help">
				{t("screen.settings.desk.help")}
			</p>
			{week.map((day) => (
				<div className="row" key={day}>
					<span className="weekday">{t(`weekday.${day}`)}</span>
					{(["from", "until"] as const).map((edge) => (
						<input
							key={edge}
							type="time"
							aria-label={t(`screen.settings.desk.${edge}`, {
								day: t(`weekday.${day}`),
							})}
							aria-describedby="desk-help"
							value={shown(of(day)?.[edge])}
							onChange={(e) =>
								put(day, {
									[edge]:
										edge === "until" && e.target.value === "00:00"
											? midnight
											: e.target.value,
								})
							}
						/>
					))}
					{wrong(of(day)) && (
						<span className="tag bad" role="alert">
							{t("screen.settings.desk.wrong")}
						</span>
					)}
					{!of(day) && list.length > 0 && (
						<span className="quiet">{t("screen.settings.desk.closed")}</span>
					)}
				</div>
			))}
			<p className="quiet">
				{list.length === 0 && t("screen.settings.desk.always")}
			</p>
		</fieldset>
	);
}
