import { caller } from "../lib/format";
import { useTexts } from "../lib/texts";

type Tel = Parameters<typeof caller>[0];

/** Gives a telephone number as people read it, or why there is none. */
export function useNumber() {
	const { say } = useTexts();
	return (n: Tel): string => {
		const c = caller(n);
		return "number" in c ? c.number : say(c.key);
	};
}
