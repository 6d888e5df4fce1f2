import { type Lang, useTexts } from "../lib/texts";

const all: Lang[] = ["ja", "en"];

export function LanguageSwitch() {
	const { t, lang, setLang } = useTexts();
	return (
		<fieldset className="language" aria-label={t("screen.language.label")}>
			{all.map((l) => (
				<button
					key={l}
					type="button"
					lang={l}
					aria-pressed={l === lang}
					onClick={() => setLang(l)}
				>
					{t(`screen.language.${l}`)}
				</button>
			))}
		</fieldset>
	);
}
