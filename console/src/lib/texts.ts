import { createContext, useContext } from "react";
import en from "../../../internal/office/web/texts/en.json";
import ja from "../../../internal/office/web/texts/ja.json";

export type Key = keyof typeof ja;
export type Lang = "ja" | "en";
export type Args = Record<string, string | number>;

const catalogue: Record<Lang, Record<string, string>> = { ja, en };

/**
 * Gives the text of a key with its placeholders filled. A value that begins with "@" is a key itself. A key that came
 * from the office and isn't known is shown as it is, so that nothing is hidden.
 */
export function text(lang: Lang, key: string, args: Args = {}): string {
	const found = catalogue[lang][key];
	if (found === undefined) return key;
	return found.replace(/\{(\w+)\}/g, (whole, name: string) => {
		const value = args[name];
		if (value === undefined) return whole;
		return typeof value === "string" && value.startsWith("@")
			? text(lang, value.slice(1))
			: String(value);
	});
}

export const known = (key: string): key is Key => key in ja;

export interface Language {
	lang: Lang;
	setLang: (l: Lang) => void;
}

export const LanguageContext = createContext<Language>({
	lang: "ja",
	setLang: () => {},
});

export function useTexts() {
	const { lang, setLang } = useContext(LanguageContext);
	return {
		lang,
		setLang,
		t: (key: Key, args?: Args) => text(lang, key, args),
		/** For keys that the office sends. */
		say: (key: string, args?: Args) => text(lang, key, args),
	};
}
