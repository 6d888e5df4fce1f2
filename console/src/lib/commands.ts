import { type CallView, type Command, type Do, lineOf } from "./model";
import type { Key } from "./texts";

/** The step that a person's warning takes: what is proposed, otherwise the next one of the ladder. */
export function nextWarning(v: CallView): Do {
	const p = v.state.proposed;
	if (p === "warn1" || p === "warn2" || p === "final" || p === "ask_key")
		return p;
	switch (v.state.stage) {
		case "warn1":
			return "warn2";
		case "warn2":
		case "final":
			return "final";
	}
	return "warn1";
}

/** The command that carries out what the policy proposes; nothing for what no person is asked about. */
export function commandFor(d: Do): Command | undefined {
	switch (d) {
		case "warn1":
		case "warn2":
		case "final":
		case "ask_key":
			return "warn";
		case "closing":
		case "cut":
			return "cut";
		case "announce":
		case "voicebot":
		case "rejoin":
			return d;
	}
	return undefined;
}

const assists: Command[] = [
	"wrong_flag",
	"final_answer",
	"help",
	"accommodation",
	"accommodation_kept",
];

export interface Refusal {
	key: Key;
	args?: Record<string, string>;
}

/** Why a command can't be given now, or undefined when it can. The office and the edge check again. */
export function refusal(
	v: CallView,
	c: Command,
	may: (p: "assist" | "command_calls") => boolean,
): Refusal | undefined {
	if (lineOf(v) === "ended" || v.state.stage === "closed")
		return { key: "screen.command.no.ended" };
	if (!may(assists.includes(c) ? "assist" : "command_calls"))
		return { key: "screen.command.no.role" };
	const able = {
		warn: v.can.announce,
		announce: v.can.announce,
		voicebot: v.can.voicebot,
		rejoin: v.can.rejoin,
		cut: v.can.cut,
	}[c as string];
	if (able === undefined) return undefined;
	if (!able) return { key: "screen.command.no.can" };
	const { busy } = v.state;
	// A call can always be ended, and a caller always be taken out of the voicebot's hands.
	const always =
		c === "cut"
			? busy !== "closing" && busy !== "cut"
			: c === "rejoin" && busy === "voicebot";
	if (busy && !always) {
		return { key: "screen.command.no.busy", args: { do: `@action.${busy}` } };
	}
	if (c === "rejoin" && (lineOf(v) === "watching" || lineOf(v) === "ringing"))
		return { key: "screen.command.no.line" };
	return undefined;
}
