import type { Stage } from "../lib/model";
import { useTexts } from "../lib/texts";

const steps = [
	"normal",
	"watch",
	"warn1",
	"warn2",
	"final",
	"closing",
	"closed",
] as const satisfies readonly Stage[];

/** The ladder of warnings as steps, with the one on which the call stands. */
export function Ladder({ stage, over }: { stage: Stage; over?: boolean }) {
	const { t } = useTexts();
	const at = steps.findIndex((s) => s === stage);
	return (
		<ol className="ladder" aria-label={t("screen.call.ladder")}>
			{stage === "emergency" && (
				<li className="now emergency" aria-current="step">
					<span className="dot" aria-hidden="true" />
					{t("stage.emergency")}
					{!over && <span className="tag">{t("screen.call.ladder.now")}</span>}
				</li>
			)}
			{steps.map((s, i) => (
				<li
					key={s}
					className={i === at ? "now" : i < at ? "past" : undefined}
					aria-current={i === at ? "step" : undefined}
				>
					<span className="dot" aria-hidden="true" />
					{t(`stage.${s}`)}
					{i === at && !over && (
						<span className="tag">{t("screen.call.ladder.now")}</span>
					)}
				</li>
			))}
		</ol>
	);
}

/** The ladder in a row of a list: the name of the stage and how far it is. */
export function LadderSmall({ stage }: { stage: Stage }) {
	const { t } = useTexts();
	const at =
		stage === "emergency" ? steps.length : steps.findIndex((s) => s === stage);
	return (
		<span
			className={`ladder-small${stage === "emergency" ? " emergency" : ""}`}
		>
			<span className="name">{t(`stage.${stage}`)}</span>
			<span className="pips" aria-hidden="true">
				{steps.slice(1).map((s, i) => (
					<i key={s} className={i < at ? "on" : undefined} />
				))}
			</span>
		</span>
	);
}
