import type { Level } from "../lib/model";
import { type Key, useTexts } from "../lib/texts";

/** A shape of its own for each level, so that none is told by colour alone. */
function Shape({ level }: { level: Level }) {
	const mark = { S0: "", S1: "!", S2: "!", S3: "!!", S4: "!!!" }[level];
	return (
		<svg className="shape" viewBox="0 0 24 24" aria-hidden="true">
			{level === "S0" && <circle cx="12" cy="12" r="8" className="line" />}
			{level === "S1" && <circle cx="12" cy="12" r="10" />}
			{level === "S2" && <path d="M12 1 24 22H0z" />}
			{level === "S3" && <path d="M7 1h10l6 6v10l-6 6H7l-6-6V7z" />}
			{level === "S4" && (
				<path d="M12 0l3.2 4.2L20.5 3.5l-.7 5.3L24 12l-4.2 3.2.7 5.3-5.3-.7L12 24l-3.2-4.2-5.3.7.7-5.3L0 12l4.2-3.2-.7-5.3 5.3.7z" />
			)}
			{level === "S0" ? (
				<path d="M8.5 12l2.5 2.5 4.5-5" className="line" />
			) : (
				<text x="12" y={level === "S2" ? 19 : 17} textAnchor="middle">
					{mark}
				</text>
			)}
		</svg>
	);
}

export function LevelBadge({
	level,
	big,
	name = `level.${level}`,
}: {
	level: Level;
	big?: boolean;
	name?: Key;
}) {
	const { t } = useTexts();
	return (
		<span className={`badge ${level}${big ? " big" : ""}`}>
			<Shape level={level} />
			<span>{t(name)}</span>
		</span>
	);
}
