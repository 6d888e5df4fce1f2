import type { Sentence } from "../lib/outlook";
import { useTexts } from "../lib/texts";

export function Sentences({ list }: { list: Sentence[] }) {
	const { t } = useTexts();
	return (
		<>
			{list.map((s, i) => (
				<span key={s.key} className={i === 0 ? undefined : "further"}>
					{t(s.key, s.args)}
				</span>
			))}
		</>
	);
}
