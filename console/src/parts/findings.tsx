import { callTime } from "../lib/format";
import type { Finding } from "../lib/model";
import { kind, levelOf } from "../lib/order";
import { useTexts } from "../lib/texts";
import { LevelBadge } from "./level";

/** Reasons of a judgement, or reasons against it. */
export function Findings({
	list,
	against,
	onSeek,
}: {
	list: Finding[];
	against?: boolean;
	onSeek?: (ms: number) => void;
}) {
	const { t, say } = useTexts();
	if (list.length === 0)
		return (
			<p className="quiet">
				{t(against ? "screen.call.counter.none" : "screen.call.because.none")}
			</p>
		);
	return (
		<ul className={`findings${against ? " against" : ""}`}>
			{list.map((f, i) => (
				<li key={`${f.entry ?? f.because}-${f.to_ms}-${i}`}>
					<div className="finding-head">
						{!against && (
							<LevelBadge level={f.level} name={levelOf(f)} />
						)}
						<strong>{t(kind(f).key, kind(f).args)}</strong>
						{!f.category.startsWith("G-") && (
							<span className="tag">{t(`channel.${f.channel}`)}</span>
						)}
						{onSeek ? (
							<button
								type="button"
								className="time seek"
								onClick={() => onSeek(f.from_ms)}
							>
								{callTime(f.to_ms)}
							</button>
						) : (
							<span className="time">{callTime(f.to_ms)}</span>
						)}
					</div>
					{f.words && <p className="quote">{f.words}</p>}
					<p className="because">{say(f.because)}</p>
				</li>
			))}
		</ul>
	);
}
