import type { CriteriaCheck, Criterion, Objections, People, TallyRow, TriedCall, Trials, TrialView, TypesView } from "../src/client";
import type {
	CallDetail,
	CallRow,
	CallView,
	Finding,
	HealthView,
	LexiconView,
	LimitView,
	Me,
	NoticeView,
	SettingsView,
	ViewLine,
} from "../src/lib/model";

/** A centre at 5 p.m.: three bad calls at once, two ordinary ones, one that has just ended. Everything here is made up. */

const began = (secondsAgo: number) =>
	new Date(Date.now() - secondsAgo * 1000).toISOString();
const ids = {
	shout: "019ab000-0000-7000-8000-000000000001",
	money: "019ab000-0000-7000-8000-000000000002",
	held: "019ab000-0000-7000-8000-000000000003",
	calm: "019ab000-0000-7000-8000-000000000004",
	payphone: "019ab000-0000-7000-8000-000000000005",
	over: "019ab000-0000-7000-8000-000000000006",
};

const finding = (
	f: Partial<Finding> & Pick<Finding, "category" | "level" | "to_ms">,
): Finding => ({
	channel: "manner",
	because: "because.phrase",
	from_ms: f.to_ms - 1200,
	source: "builtin/1",
	...f,
});

function view(
	seconds: number,
	part: Partial<CallView> & {
		id: string;
		number?: string;
		withheld?: "payphone" | "withheld";
	},
): CallView {
	const { id, number, withheld, ...rest } = part;
	return {
		incoming: {
			id,
			began: began(seconds),
			direction: "inbound",
			trunk: "hikari",
			from: withheld
				? { withheld }
				: { raw: number, e164: `+81${number?.slice(1)}` },
			to: { raw: "0312340000", e164: "+81312340000" },
			codec: "PCMU",
			sip_call_id: "",
		},
		edge: "edge-1",
		revision: 1,
		at_ms: seconds * 1000,
		line: "watching",
		preset: "auto",
		state: { stage: "normal", since_ms: 0, notified: "S0" },
		judgement: { at_ms: seconds * 1000, level: "S0", versions: "2026.11" },
		outlook: { do: "warn1", mode: "auto", strikes: 2 },
		can: { announce: true, voicebot: true, rejoin: true, cut: true },
		listener: "listener-1",
		engine: "builtin/1",
		peak: "S0",
		meter: { caller: 0, agent: -1 },
		...rest,
	};
}

const said = (
	seq: number,
	at: number,
	party: "caller" | "agent",
	text: string,
	more: Partial<ViewLine> = {},
): ViewLine => ({
	seq,
	at_ms: at,
	kind: "utterance",
	party,
	text,
	confidence: 0.8,
	source: "builtin/1",
	...more,
});

const spotted = (
	seq: number,
	at: number,
	text: string,
	category: ViewLine["category"],
	level: ViewLine["level"],
	confidence = 0.82,
) =>
	said(seq, at, "caller", text, {
		kind: "phrase",
		category,
		level,
		confidence,
	});

const happened = (
	seq: number,
	at: number,
	kind: string,
	more: Partial<ViewLine>,
): ViewLine => ({
	seq,
	at_ms: at,
	kind,
	...more,
});

const shoutLines: ViewLine[] = [
	happened(0, 0, "call", { text: "began" }),
	happened(1, 4200, "call", { text: "leg_up" }),
	said(2, 9000, "agent", "お電話ありがとうございます。ご用件を伺います。"),
	said(3, 16000, "caller", "この前の請求の件、いつになったら返事が来るんだ"),
	spotted(4, 20000, "ふざけんな", "ABUSE", "S1"),
	spotted(5, 31000, "ばか野郎", "ABUSE", "S1", 0.74),
	happened(6, 31200, "action", { do: "notify", phase: "done" }),
	happened(7, 31300, "action", { do: "warn1", phase: "begun" }),
	happened(8, 42000, "action", { do: "warn1", phase: "done" }),
	said(9, 52000, "agent", "恐れ入ります。順にご説明いたします。"),
	spotted(10, 60000, "黙って聞いてろ", "ABUSE", "S1"),
	said(18, 60100, "caller", "", {
		kind: "gist",
		category: "INTIM",
		confidence: 0.87,
	}),
	happened(11, 60200, "action", { do: "warn2", phase: "begun" }),
	happened(12, 71000, "action", { do: "warn2", phase: "done" }),
	spotted(13, 90000, "お前じゃ話にならない", "INSULT", "S2", 0.91),
	happened(14, 90200, "action", { do: "final", phase: "begun" }),
	happened(15, 101000, "action", { do: "final", phase: "done" }),
	happened(16, 108000, "gap", {
		party: "caller",
		text: "words",
		because: "gap.listener_gone",
	}),
	happened(16, 109000, "gap", {
		party: "caller",
		text: "words",
		because: "the listener is gone",
	}),
	spotted(17, 120000, "絶対切らせねえからな", "ABUSE", "S2", 0.88),
	{
		seq: -1,
		at_ms: 122000,
		kind: "partial",
		party: "caller",
		text: "責任者を出せって",
		source: "builtin/1",
	},
];

export function calls(): CallView[] {
	return [
		view(124, {
			id: ids.shout,
			number: "09012345678",
			bot: {
				ref: "00c0de",
				step: "over",
				exit: "key",
				priority: 1,
				topic: "billing",
				confirmed: true,
				number: "4071",
				said: "請求の金額が違います",
				hears: true,
				asked: 3,
				rough: 1,
			},
			state: {
				stage: "final",
				since_ms: 101000,
				notified: "S3",
				warn2_heard: true,
				final_heard: true,
			},
			judgement: {
				at_ms: 120000,
				level: "S3",
				versions: "2026.11",
				findings: [
					finding({
						category: "ABUSE",
						level: "S3",
						to_ms: 120000,
						words: "絶対切らせねえからな",
						entry: "ABUSE-09",
						because: "because.pair",
					}),
					finding({
						category: "INSULT",
						level: "S2",
						to_ms: 90000,
						words: "お前じゃ話にならない",
						entry: "INSULT-02",
					}),
					finding({
						category: "INTIM",
						level: "S2",
						to_ms: 60100,
						because: "because.gists",
					}),
					finding({
						category: "ABUSE",
						level: "S2",
						to_ms: 60000,
						words: "黙って聞いてろ",
						entry: "ABUSE-05",
						because: "because.pair",
					}),
				],
				counter: [
					finding({
						category: "ABUSE",
						level: "S0",
						to_ms: 48000,
						words: "おい",
						because: "because.unsure",
					}),
					finding({
						category: "SEXUAL",
						level: "S0",
						to_ms: 90000,
						words: "朝まで付き合ってもらうぞ",
						entry: "SEXUAL-05",
						because: "because.elsewhere",
					}),
				],
				strikes: [20000, 31000, 60000, 90000, 120000].map((at_ms) => ({
					at_ms,
					category: "ABUSE",
					channel: "manner",
					level: "S2",
				})),
				unheard: ["words"],
			},
			outlook: { do: "closing", mode: "auto", strikes: 1, from_ms: 111000 },
			peak: "S3",
			actions: ["notify", "warn1", "warn2", "final"],
			lines: shoutLines,
			meter: { caller: 13, agent: 1 },
		}),
		view(372, {
			id: ids.money,
			voices: [{ voiceprint: "v4", score: 0.81 }],
			number: "0667891234",
			state: {
				stage: "warn1",
				since_ms: 300000,
				notified: "S2",
				proposed: "warn2",
			},
			judgement: {
				at_ms: 360000,
				level: "S2",
				versions: "2026.11",
				findings: [
					finding({
						category: "SNS",
						channel: "content",
						level: "S2",
						to_ms: 360000,
						words: "ネットに名前をさらす",
						entry: "SNS-01",
					}),
					finding({
						category: "MONEY",
						channel: "content",
						level: "S1",
						to_ms: 250000,
						words: "慰謝料を払え",
						entry: "MONEY-02",
					}),
				],
				counter: [
					finding({
						category: "G-RIGHTS",
						level: "S0",
						to_ms: 345000,
						words: "消費生活センターに相談します",
						because: "because.guard",
					}),
				],
				strikes: [
					{ at_ms: 250000, category: "MONEY", channel: "content", level: "S1" },
					{ at_ms: 360000, category: "SNS", channel: "content", level: "S2" },
				],
			},
			outlook: { do: "warn2", mode: "auto", strikes: 1, held: "G-RIGHTS" },
			proposed: [{ do: "warn2", mode: "ask", because: ["SNS-01"] }],
			peak: "S2",
			actions: ["notify", "warn1"],
			lines: [
				said(1, 240000, "caller", "こちらの損害はどうしてくれるんですか"),
				spotted(2, 250000, "慰謝料を払え", "MONEY", "S1"),
				happened(3, 300000, "action", {
					do: "warn1",
					phase: "done",
					by: "佐藤",
				}),
				said(4, 345000, "caller", "消費生活センターに相談します"),
				spotted(5, 360000, "ネットに名前をさらす", "SNS", "S2", 0.79),
				happened(6, 360100, "proposal", {
					do: "warn2",
					mode: "ask",
					stage: "warn1",
				}),
			],
			meter: { caller: 5, agent: 0 },
		}),
		view(95, {
			id: ids.held,
			withheld: "withheld",
			on_hold: true,
			state: { stage: "watch", since_ms: 60000, notified: "S0" },
			judgement: {
				at_ms: 90000,
				level: "S1",
				versions: "2026.11",
				findings: [
					finding({
						category: "INTIM",
						level: "S1",
						to_ms: 80000,
						words: "夜道に気をつけろ",
						entry: "INTIM-01",
					}),
				],
				strikes: [
					{ at_ms: 80000, category: "INTIM", channel: "manner", level: "S1" },
				],
			},
			outlook: { do: "warn1", mode: "auto", strikes: 1 },
			peak: "S1",
			lines: [spotted(1, 80000, "夜道に気をつけろ", "INTIM", "S1", 0.66)],
		}),
		view(45, {
			id: ids.calm,
			number: "08098761234",
			lines: [said(1, 12000, "caller", "住所の変更をお願いします")],
		}),
		view(12, {
			id: ids.payphone,
			withheld: "payphone",
			listener: undefined,
			engine: undefined,
		}),
		view(240, {
			id: ids.over,
			number: "0451239876",
			line: "ended",
			state: { stage: "closed", since_ms: 236000, notified: "S3" },
			judgement: {
				at_ms: 236000,
				level: "S3",
				versions: "2026.11",
				findings: [
					finding({
						category: "SEXUAL",
						level: "S3",
						to_ms: 200000,
						words: "下着の色を教えて",
						entry: "SEXUAL-02",
					}),
				],
			},
			outlook: {},
			peak: "S3",
			actions: ["notify", "final", "closing", "cut", "limit"],
			ended: { by: "policy", why: "cut", status: 200 },
			new_limit: {
				id: `provisional-${ids.over}`,
				number: "+81451239876",
				take: "voicebot",
				from: began(0),
				until: began(-86400),
				provisional: true,
				reason: "cut",
				review: began(-86400),
			},
			lines: [happened(1, 236000, "action", { do: "cut", phase: "done" })],
		}),
	];
}

export function notices(): NoticeView[] {
	return [
		{
			id: "n1",
			call: ids.shout,
			level: "S3",
			category: "ABUSE",
			state: "escalated",
			at: began(34),
			escalated_at: began(14),
		},
		{
			id: "n2",
			call: ids.money,
			level: "S2",
			category: "SNS",
			state: "triggered",
			at: began(12),
		},
		{
			id: "n3",
			call: ids.over,
			level: "S3",
			category: "SEXUAL",
			state: "acknowledged",
			at: began(60),
			acknowledged_by: "佐藤 花子",
			acknowledged_at: began(50),
		},
	];
}

export function limits(): LimitView[] {
	const day = 86400;
	return [
		{
			id: "l1",
			number: { e164: "+81451239876", local: "0451239876" },
			take: "voicebot",
			state: "in_force",
			provisional: true,
			from: began(0),
			until: began(-day),
			reason: "cut",
			call: ids.over,
			may_approve: false,
		},
		{
			id: "l0",
			number: { e164: "+81667891234", local: "0667891234" },
			take: "voicebot",
			state: "suggested",
			provisional: false,
			from: began(0),
			until: began(-30 * day),
			reason: "after_cut",
			call: ids.money,
			may_approve: false,
		},
		{
			id: "l2",
			number: { e164: "+819011112222", local: "09011112222" },
			take: "message",
			state: "proposed",
			provisional: false,
			from: began(0),
			until: began(-30 * day),
			reason:
				"11月に14回、同じ件で1時間を超える電話。最終回答を伝えた後も終話に応じない。",
			elsewhere: "書面(お客様相談室あて)",
			proposed_by: "鈴木 一郎",
			may_approve: true,
		},
		{
			id: "l3",
			number: { e164: "+81312349999", local: "0312349999" },
			take: "voicebot",
			state: "lifted",
			provisional: false,
			from: began(40 * day),
			until: began(10 * day),
			reason: "繰り返しの暴言",
			elsewhere: "電子メール",
			proposed_by: "鈴木 一郎",
			approved_by: "佐藤 花子",
			lifted_by: "佐藤 花子",
			lifted_why: "本人から謝罪があったため",
			may_approve: false,
			voice: { id: "v3", state: "erased", source: "builtin-voice/1", why: "lifted" },
		},
		{
			id: "l4",
			number: {},
			take: "candidate",
			state: "in_force",
			provisional: false,
			from: began(2 * day),
			until: began(-80 * day),
			reason: "番号を変えながら繰り返された脅迫",
			elsewhere: "書面(お客様相談室あて)",
			call: ids.money,
			proposed_by: "鈴木 一郎",
			approved_by: "佐藤 花子",
			may_approve: false,
			voice: {
				id: "v4",
				state: "registered",
				source: "builtin-voice/1",
				expires: began(-80 * day),
			},
		},
	];
}

export function health(): HealthView {
	const p = (role: string) => ({
		role,
		machine: "m1",
		ok: true,
		away: false,
		seen: began(0),
	});
	return {
		processes: [
			p("edge"),
			{
				...p("listener"),
				counts: { calls: 5, budget_calls: 16, measured_calls: 24, given_up: 0, lag_ms: 40 },
			},
			p("office"),
		],
		bus: true,
		database: true,
	};
}

const shippedThresholds: SettingsView["shipped_thresholds"] = {
	apart_ms: 5000,
	pair_ms: 60000,
	pair_other_ms: 180000,
	decay_ms: 300000,
	support_ms: 20000,
	word_floor: 0.3,
	phrase_floor: 0.3,
	phrase_sure: 0.6,
	louder_db: 8,
	stalemate_min: [15, 30, 60],
	on_matter_calls: [3, 5, 10],
	matter_today: [0, 3, 10],
	again: 3,
	refused_end: [2, 3],
	quiet_ms: 20000,
};

export function settings(): SettingsView {
	return {
		version: 3,
		author: "管理 太郎",
		at: began(86400),
		rules: {
			criteria: [
				{
					name: "最終回答から二十分",
					when: 'stalemate_minutes >= 20 && "HOLD" in categories',
					category: "HOLD",
					level: "S2",
				},
			],
			closed: [
				{ date: "2026-08-13", note: "夏休み" },
				{ date: "2099-01-01", note: "元日" },
				{ date: "2099-12-31" },
			],
			preset: "auto",
			gap_ms: 15000,
			final_gap_ms: 10000,
			calm_ms: 300000,
			within_ms: 180000,
			guard_hold_ms: 120000,
			cut_cap: 3,
			life_line: false,
			public_body: false,
			limit_hours: 24,
		},
		thresholds: { ...shippedThresholds, pair_ms: 90000 },
		shipped_thresholds: shippedThresholds,
		ccaj: [
			{ name: "長時間の拘束にあたるもの(当社訳)", categories: ["HOLD"] },
			{ name: "暴言にあたるもの(当社訳)", categories: ["ABUSE", "INSULT"] },
		],
		voice: {
			on: true,
			purpose: "カスハラに該当した事案の発信者に似た声を、応対者に参考として示すため",
			days: 90,
			asked_by: "管理 太郎",
			approved_by: "責任 次郎",
			approved_at: began(86400),
			waiting: {
				purpose:
					"カスハラに該当した事案の発信者に似た声を、上席者に参考として示すため",
				days: 30,
				by: "管理 太郎",
				at: began(600),
				may_approve: true,
			},
			ready: true,
			registered: 1,
		},
		lexicon: "2026.11",
		cuts_today: 1,
		exempt: "試験運用のため",
		auto_needs_reason: true,
	};
}

export function lexicon(): LexiconView {
	return {
		version: 3,
		author: "佐藤 花子",
		at: began(86400),
		in_force: "shipped/3 own/3",
		own: [
			{
				id: "OWN-1",
				category: "THREAT",
				surface: "看板に味噌を塗ってやる",
				reading: "かんばんにみそをぬってやる",
				level: "S2",
				phonemes: 21,
				note: "当店の看板のこと",
			},
			{
				id: "OWN-2",
				category: "INSULT",
				surface: "おたんこ",
				level: "S1",
				phonemes: 8,
			},
			{
				id: "OWN-3",
				category: "G-BUS",
				surface: "殺菌灯",
				level: "S0",
				off: true,
			},
		],
		shipped: [
			{
				id: "ABUSE-01",
				category: "ABUSE",
				surface: "ふざけんな",
				reading: "ふざけんなてめえ",
				level: "S1",
			},
			{
				id: "ABUSE-02",
				category: "ABUSE",
				surface: "ばか野郎",
				reading: "ばかやろう",
				level: "S1",
			},
			{
				id: "THREAT-01",
				category: "THREAT",
				surface: "夜道に気をつけろ",
				reading: "よみちにはきをつけろよ",
				level: "S3",
			},
			{
				id: "G-RIGHTS-01",
				category: "G-RIGHTS",
				surface: "消費者センター",
				level: "S0",
			},
		],
		trade: [
			{
				name: "finance",
				chosen: true,
				words: [
					{ id: "TRADE-FINANCE-01", surface: "死亡保険", forms: ["(死亡|生命)(保険|給付金)"] },
					{ id: "TRADE-FINANCE-02", surface: "私が死んだら", note: "契約者の死亡", forms: ["私(が|は) 死んだら……(保険|給付)", "死んだら…(いくら|円)"] },
				],
			},
			{
				name: "home",
				chosen: false,
				words: [{ id: "TRADE-HOME-01", surface: "害虫を駆除", forms: ["(ハチ|ゴキブリ)(を|が) (殺|駆除)"] }],
			},
		],
	};
}

const everything = [
	"own_account",
	"see_live",
	"assist",
	"command_calls",
	"see_calls",
	"listen",
	"see_limits",
	"propose_limit",
	"approve_limit",
	"lift_limit",
	"see_notices",
	"acknowledge_notice",
	"see_incidents",
	"handle_incidents",
	"see_settings",
	"change_settings",
	"approve_voices",
	"see_lexicon",
	"change_lexicon",
	"try_rules",
	"see_health",
	"manage_staff",
	"see_trail",
];

export const me = (): Me => ({
	id: "p1",
	login: "sato",
	name: "佐藤 花子",
	role: "supervisor",
	rights: [],
	permissions: everything,
	must_change_password: false,
	version: "0.1.0",
});

export function rows(): CallRow[] {
	const row = (
		part: Partial<CallRow> & Pick<CallRow, "id" | "began" | "peak">,
	): CallRow => ({
		duration_ms: 152000,
		direction: "inbound",
		trunk: "hikari",
		from: { e164: "+819012345678", local: "09012345678" },
		to: { e164: "+81312340000", local: "0312340000" },
		categories: [],
		stage: "normal",
		actions: [],
		ended_by: "caller",
		ended_why: "hangup",
		state: "sealed",
		lost: [],
		...part,
	});
	return [
		row({
			id: ids.shout,
			began: began(7200),
			peak: "S3",
			categories: ["ABUSE", "INSULT"],
			stage: "closed",
			ended_by: "policy",
			ended_why: "cut",
			actions: ["notify", "warn1", "warn2", "final", "closing", "cut", "limit"],
		}),
		row({
			id: ids.calm,
			began: began(9000),
			peak: "S0",
			from: { withheld: "payphone" },
			duration_ms: 43000,
		}),
		row({
			id: ids.money,
			began: began(90000),
			peak: "S2",
			categories: ["SNS"],
			stage: "warn1",
			from: { e164: "+81667891234" },
			duration_ms: 3723000,
			state: "recovered",
			lost: ["caller.wav: 61000-83500 ms"],
		}),
	];
}

export function detail(id: string): CallDetail | undefined {
	const call = rows().find((r) => r.id === id);
	if (!call) return undefined;
	const judgement = calls()[0]!.judgement;
	const at = (seq: number, at_ms: number, level: Finding["level"]) => ({
		seq,
		at_ms,
		judgement: { ...judgement, at_ms, level },
	});
	return {
		call,
		lines: [
			...shoutLines.slice(0, -1),
			spotted(18, 131000, "なめてんのか", "ABUSE", "S1"),
			happened(19, 131300, "action", { do: "closing", phase: "done" }),
			happened(20, 150000, "action", { do: "cut", phase: "done" }),
			happened(23, 150050, "voice", {
				party: "caller",
				voice: "v4",
				confidence: 0.77,
				source: "builtin-voice/1",
			}),
			happened(21, 150100, "action", { do: "limit", phase: "done" }),
			happened(22, 152000, "call", { text: "ended" }),
		],
		judgements: [at(5, 20000, "S1"), at(8, 31000, "S2"), at(16, 120000, "S3")],
		worst: at(16, 120000, "S3"),
		seal: {
			state: "sealed",
			at: began(7000),
			lines: 84,
			last: "9f2c".repeat(16),
			whole: true,
		},
		program: "0.1.0",
		preset: "auto",
		lexicon: "2026.11",
		examples: [],
		case: {
			id: call.id,
			call: call.id,
			category: "ABUSE",
			level: "S3",
			status: "open",
			created: began(6000),
			proposed: {
				mhlw2026: ["mhlw2026.mental", "mhlw2026.intimidating"],
				mhlw9: ["mhlw9.abuse"],
				tokyo: ["tokyo.mental", "tokyo.intimidating"],
				ccaj: ["暴言にあたるもの(当社訳)"],
			},
		},
		listeners: [{ name: "鈴木 一郎", party: "caller", at: began(3600) }],
		bot: { ref: "00c0de", step: "over", exit: "message", topic: "repair" },
	};
}

const counts = (alerted: number, spoken: number, cut: number) => ({
	alerted,
	spoken,
	cut,
	limited: cut,
});

const tried = (): TriedCall[] => [
	{
		id: rows()[0]!.id,
		began: began(90000),
		before: "S2",
		after: "S3",
		gone: [
			{ at_ms: 31000, what: "propose", level: "S0", do: "warn1", entry: "ABUSE-01" },
		],
		new: [
			{ at_ms: 31000, what: "done", level: "S0", do: "warn1", entry: "ABUSE-01" },
			{ at_ms: 91000, what: "level", level: "S3", category: "HOLD", entry: "because.stalemate_heard" },
		],
	},
];

const job = (kind: TrialView["kind"], state: TrialView["state"]): TrialView => ({
	id: `t-${kind}-${state}`,
	kind,
	days: 28,
	preset: kind === "change" ? "auto" : undefined,
	by: "佐藤 花子",
	at: began(600),
	state,
	done: state === "done" ? 412 : 130,
	all: 412,
	broken: 1,
	sum: {
		calls: 412,
		heard: 400,
		differ: 7,
		before: counts(3, 0, 0),
		after: counts(3, 2, 1),
	},
	wrong: kind === "examples" ? 1 : 0,
	thresholds: kind === "examples" ? { pair_ms: 45000, stalemate_min: [10, 20, 40] } : undefined,
	trade: kind === "examples" ? ["home"] : undefined,
	words: kind === "examples" ? 3 : undefined,
	reason: state === "failed" ? "error.trial_failed" : undefined,
});

export const trials = (): Trials => ({
	trials: [job("change", "running"), job("change", "done"), job("examples", "done"), job("shadow", "failed"), job("change", "stopped")],
	shadow: {
		at: began(86400),
		by: "佐藤 花子",
		enough: true,
		current: true,
		from: began(20 * 86400),
		to: began(86400),
		days: 20,
		heard_days: 14,
		sum: job("shadow", "done").sum,
		alerts_per_200: 1.5,
		calls: tried(),
	},
	need_days: 14,
	need_heard_days: 8,
	examples: 2,
});

export const trial = (): TrialView => ({
	...job("change", "done"),
	calls: tried(),
});

export const objections = (): Objections => ({
	objections: [
		{
			id: "o1",
			limit: "l1",
			way: "letter",
			words: "私ではなく、同じ番号を使う家族の電話です。",
			at: began(20 * 86400),
			taken_by: "鈴木 一郎",
			due: began(6 * 86400),
			late: true,
		},
		{
			id: "o2",
			limit: "l2",
			way: "phone",
			words: "制限は長すぎます。",
			at: began(30 * 86400),
			taken_by: "鈴木 一郎",
			due: began(16 * 86400),
			late: false,
			decision: "kept",
			answer: "期限までとします。",
			done_by: "高橋 次郎",
		},
	],
});

/** The product checks with CEL; here a condition is wrong when "minuts" is in it. */
export const checked = (b: { criteria: Criterion[] }): CriteriaCheck => ({
	problems: b.criteria.flatMap((c, i) =>
		c.when.includes("minuts")
			? [
					{ criterion: i, line: 1, column: 1, key: "error.criterion_unknown", what: "minuts" },
					{ criterion: i, line: 1, column: 23, key: "error.criterion_types", what: "> (int, string)" },
				]
			: [],
	),
	facts: ["level", "minutes", "categories"],
});

/** What a language model proposed of a past call. */
export function opinions() {
	return {
		possible: true,
		opinions: [
			{
				source: "opinion/local-model",
				by: "佐藤",
				at: "2026-11-23T02:00:00Z",
				summary: "返金を求める通話。途中から応対者への罵りが続いた。",
				categories: ["ABUSE"],
				elements: [
					{ met: "yes", reason: "購入者からの電話" },
					{ met: "yes", reason: "人格を否定する言葉の繰り返し" },
					{ met: "unclear", reason: "記録からは分からない" },
				],
			},
		],
	};
}

/** What the authorities call the categories, and what was made of it. */
export function types(): TypesView {
	const row = (
		list: TallyRow["list"],
		type: string,
		proposed: number,
		stated: number,
		both: number,
	) => ({ list, type, proposed, stated, both });
	return {
		lists: {
			mhlw2026: [
				"unfounded",
				"beyond",
				"impossible",
				"damages",
				"physical",
				"mental",
				"intimidating",
				"persistent",
				"binding",
			].map((x) => `mhlw2026.${x}`),
			mhlw9: [
				"time",
				"repeat",
				"abuse",
				"violence",
				"threat",
				"authority",
				"outside",
				"net",
				"sexual",
			].map((x) => `mhlw9.${x}`),
			tokyo: ["mental", "intimidating", "dogeza", "persistent", "money"].map(
				(x) => `tokyo.${x}`,
			),
			ccaj: (settings().ccaj ?? []).map((x) => x.name),
		},
		counts: {
			closed: 12,
			harassment: 9,
			stated: 7,
			rows: [
				row("mhlw2026", "mhlw2026.mental", 8, 5, 5),
				row("mhlw2026", "mhlw2026.persistent", 2, 4, 2),
				row("mhlw9", "mhlw9.abuse", 7, 5, 5),
				row("mhlw9", "mhlw9.time", 0, 0, 0),
				row("tokyo", "tokyo.mental", 8, 5, 5),
				row("ccaj", "暴言にあたるもの(当社訳)", 7, 4, 4),
				{ ...row("ccaj", "以前の一覧の名前", 0, 1, 0), gone: true },
			],
		},
		ccaj: settings().ccaj,
		categories: [
			{
				category: "ABUSE",
				mhlw9: ["mhlw9.abuse"],
				mhlw2026: ["mhlw2026.mental", "mhlw2026.intimidating"],
				tokyo: ["tokyo.mental", "tokyo.intimidating"],
				ccaj: ["暴言にあたるもの(当社訳)"],
			},
			{
				category: "MONEY",
				mhlw9: [],
				mhlw2026: ["mhlw2026.damages"],
				tokyo: ["tokyo.money"],
				ccaj: [],
			},
		],
	};
}

export const people = (): People => ({
	people: [
		{ id: "p0", login: "admin", name: "管理 太郎", role: "administrator", rights: [], disabled: false, must_change_password: false },
		{ id: "p1", login: "sato", name: "佐藤 花子", role: "supervisor", rights: [], disabled: false, must_change_password: false },
		{ id: "p2", login: "suzuki", name: "鈴木 一郎", role: "operator", rights: [], disabled: false, must_change_password: true },
		{ id: "p3", login: "tanaka", name: "田中 さくら", role: "operator", rights: [], disabled: true, must_change_password: false },
	],
});
