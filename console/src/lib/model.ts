/** The words of the API, with short names for the closed sets. The shapes themselves are generated in src/client. */

import type {
	Action,
	CallView,
	CommandBody,
	Finding,
	State,
	ViewLine,
} from "../client";

export type {
	Action,
	CallDetail,
	CallFilter,
	CallGone,
	CallRow,
	CallView,
	Finding,
	HealthView,
	Judgement,
	JudgementAt,
	LexiconChange,
	LexiconImport,
	LexiconIssue,
	LexiconPreview,
	LexiconView,
	LexiconWord,
	Limits,
	LimitView,
	LiveView,
	Me,
	NoticeView,
	Outlook,
	Peaks,
	Problem,
	Process,
	RoughView,
	SettingsBrief,
	SettingsView,
	ShippedWord,
	TradePack,
	ViewLine,
} from "../client";

export type Level = Finding["level"];
export type Category = Finding["category"];
export type Stage = State["stage"];
export type Do = Action["do"];
export type Party = NonNullable<ViewLine["party"]>;
export type Preset = CallView["preset"];
export type Command = CommandBody["do"];
export type Bot = NonNullable<CallView["bot"]>;
export type Line =
	| "ringing"
	| "watching"
	| "announcing"
	| "bot"
	| "rejoining"
	| "cutting"
	| "ended";

export const levels = [
	"S4",
	"S3",
	"S2",
	"S1",
	"S0",
] as const satisfies readonly Level[];

export const categories = [
	"ABUSE",
	"THREAT",
	"INTIM",
	"INSULT",
	"DEMAND",
	"DOGEZA",
	"MONEY",
	"HOLD",
	"REPEAT",
	"SILENT",
	"SEXUAL",
	"DISCRIM",
	"PRIVACY",
	"SNS",
	"AUTH",
	"VISIT",
	"NITPICK",
	"DISRUPT",
] as const satisfies readonly Category[];

/** What holds actions back. */
export const guards = [
	"G-CRISIS",
	"G-DIS",
	"G-RIGHTS",
	"G-VICTIM",
	"G-LOUD",
	"G-BUS",
	"G-B2B",
] as const satisfies readonly Category[];

export const levelRank = (l: Level | undefined): number =>
	l ? Number(l[1]) : 0;

/** The state of the line; one that this console doesn't know yet counts as a call with the agent. */
export const lines = [
	"ringing",
	"watching",
	"announcing",
	"bot",
	"rejoining",
	"cutting",
	"ended",
] as const;
export const lineOf = (v: CallView): Line =>
	lines.find((l) => l === v.line) ?? "watching";
