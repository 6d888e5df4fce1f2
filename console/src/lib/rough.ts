import { useEffect, useState } from "react";
import type { RoughView } from "./model";
import { SseParser } from "./sse";

/** How much of the rough reading stays on the screen, in letters. */
const kept = 160;

/** Puts a piece behind what is shown; the oldest goes. */
export function append(shown: string, piece: string): string {
	const all = [...(shown + piece)];
	return all.slice(Math.max(0, all.length - kept)).join("");
}

/**
 * The rough reading of a live call while it is wanted. The office has it made only for as long as this stream is open;
 * nothing of it stays anywhere when it is closed.
 */
export function useRough(call: string, wanted: boolean) {
	const [shown, setShown] = useState("");
	const [away, setAway] = useState(false);
	useEffect(() => {
		if (!wanted) return;
		const mine = new AbortController();
		setShown("");
		setAway(false);
		const read = async () => {
			const answer = await fetch(
				`/api/v1/calls/${encodeURIComponent(call)}/rough`,
				{ signal: mine.signal, headers: { Accept: "text/event-stream" } },
			);
			if (!answer.ok || !answer.body) throw new Error("no rough reading");
			const parser = new SseParser();
			const reader = answer.body
				.pipeThrough(new TextDecoderStream())
				.getReader();
			for (;;) {
				const { done, value } = await reader.read();
				if (done) return;
				for (const e of parser.push(value)) {
					if (e.event === "over") return;
					if (e.event !== "rough") continue;
					const piece = (JSON.parse(e.data) as RoughView).kana;
					setShown((s) => append(s, piece));
				}
			}
		};
		read()
			.catch(() => {})
			.finally(() => {
				if (!mine.signal.aborted) setAway(true);
			});
		return () => mine.abort();
	}, [call, wanted]);
	return { shown, away };
}
