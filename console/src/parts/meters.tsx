import type { CallView, Party } from "../lib/model";
import { useTexts } from "../lib/texts";

const parties: Party[] = ["caller", "agent"];
const loudFrom = 8;

/** How loud each party is against the own calm voice; from 8 dB on it supports a hit. */
export function Meters({ meter }: { meter: CallView["meter"] }) {
	const { t } = useTexts();
	return (
		<div className="meters">
			{parties.map((p) => {
				const db = meter?.[p] ?? 0;
				const share = Math.min(1, Math.max(0, (db + 6) / 26));
				const loud = db >= loudFrom;
				return (
					<div key={p} className="meter-row">
						<span>{t(`party.${p}`)}</span>
						<div
							className={`meter${loud ? " loud" : ""}`}
							role="meter"
							aria-label={t(`party.${p}`)}
							aria-valuemin={-6}
							aria-valuemax={20}
							aria-valuenow={Math.min(20, Math.max(-6, db))}
							aria-valuetext={t("screen.call.meter.value", {
								party: `@party.${p}`,
								db,
							})}
						>
							<i style={{ transform: `scaleX(${share})` }} />
							<b
								style={{ insetInlineStart: `${((loudFrom + 6) / 26) * 100}%` }}
							/>
						</div>
						<span className="db">
							{db > 0 ? `+${db}` : db} dB
							{loud && <strong> {t("screen.call.meter.loud")}</strong>}
						</span>
					</div>
				);
			})}
		</div>
	);
}
