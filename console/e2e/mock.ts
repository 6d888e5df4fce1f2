import { createReadStream, existsSync, statSync } from "node:fs";
import {
	createServer,
	type IncomingMessage,
	type Server,
	type ServerResponse,
} from "node:http";
import { extname, resolve, sep } from "node:path";
import type {
	ClosedTable,
	Criterion,
	IncidentStatus,
	IncidentView,
	TypesStatement,
} from "../src/client";
import type { CallView, HealthView, LexiconChange, Me, NoticeView } from "../src/lib/model";
import * as data from "./data";

/**
 * A stand-in for the office: the built console, canned answers, a live feed that goes on. It keeps what is done to it,
 * so that the browser test sees commands take effect. Never part of the product.
 */

const dist = resolve(import.meta.dirname, "../../internal/office/web/dist");
const types: Record<string, string> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript",
	".css": "text/css",
	".svg": "image/svg+xml",
};

export interface Mock {
	url: string;
	server: Server;
	/** How many streams of a rough reading are open. */
	looking: () => number;
	/** Requests that changed something, newest last. */
	asked: { method: string; path: string; body: unknown }[];
	/** Changes a call and tells every open console. */
	tell: (change: (calls: CallView[]) => void) => void;
	/** Changes how the processes are and tells every open console. */
	vary: (change: (health: HealthView) => void) => void;
	/** Gives who is logged in another role, which ends the feed. */
	become: (who: Pick<Me, "role" | "permissions">) => void;
	/** Lets the feed fall silent, or go on. */
	silence: (on: boolean) => void;
	stop: () => Promise<void>;
}

export async function start(port = 0): Promise<Mock> {
	let silent = false;
	let who = data.me();
	let calls = data.calls();
	const health = data.health();
	let settings = data.settings();
	let lexicon = data.lexicon();
	let looking = 0;
	let notices = data.notices();
	let limits = data.limits();
	const people = data.people();
	const cases = new Map<string, Partial<IncidentView>>();
	const consoles = new Set<ServerResponse>();
	const asked: Mock["asked"] = [];
	const began = Date.now();

	const send = (event: string, body: unknown) => {
		if (silent) return;
		for (const c of consoles)
			c.write(
				`event: ${event}\nid: ${Date.now()}\ndata: ${JSON.stringify(body)}\n\n`,
			);
	};
	const brief = () => ({
		version: settings.version,
		preset: settings.rules.preset,
		exempt: settings.rules.preset === "auto" ? settings.exempt : undefined,
		cuts_today: settings.cuts_today,
		cut_cap: settings.rules.cut_cap,
		voices: settings.voice.on,
	});
	const tell = (change: (calls: CallView[]) => void) => {
		change(calls);
		for (const c of calls) {
			c.revision++;
			send("call", c);
		}
	};
	const beat = setInterval(() => {
		if (silent) return;
		for (const c of consoles) c.write(": beat\n\n");
		tell((all) => {
			for (const c of all) {
				if (c.line === "ended") continue;
				c.at_ms = Date.now() - new Date(c.incoming.began).getTime();
			}
		});
	}, 1000);

	const command = (id: string, body: { do: string; why?: string }) => {
		const call = calls.find((c) => c.incoming.id === id);
		if (!call) return { status: 404, key: "error.no_call" };
		if (body.why === "busy") return { status: 409, key: "error.busy" };
		const line = (kind: string, more: object) => ({
			seq: 100 + (call.lines?.length ?? 0),
			at_ms: call.at_ms,
			kind,
			...more,
		});
		tell(() => {
			call.lines = [
				...(call.lines ?? []),
				line("command", { text: body.do, by: "佐藤 花子" }),
			];
			if (body.do === "hands_off") call.state.hands_off = true;
			if (body.do === "resume") call.state.hands_off = false;
			if (body.do === "warn") {
				call.state.busy = call.state.proposed ?? "warn1";
				call.state.proposed = undefined;
				call.proposed = [];
				call.line = "announcing";
			}
			if (body.do === "cut") {
				call.line = "ended";
				call.state.stage = "closed";
				call.ended = { by: "supervisor", why: "cut", status: 200 };
			}
		});
		return undefined;
	};

	const server = createServer(async (req, res) => {
		const url = new URL(req.url ?? "/", "http://mock");
		const path = url.pathname;
		res.setHeader(
			"Content-Security-Policy",
			"default-src 'self'; img-src 'self' data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
		);
		const json = (status: number, body: unknown, type = "application/json") => {
			res.writeHead(status, { "Content-Type": type });
			res.end(JSON.stringify(body));
		};
		const problem = (status: number, title: string) =>
			json(
				status,
				{ type: "about:blank", title, status, error_id: "0a1b2c3d4e" },
				"application/problem+json",
			);
		if (!path.startsWith("/api/")) return file(path, res);
		const body = await read(req);
		const at = `${req.method} ${path.replace("/api/v1", "")}`;
		if (req.method !== "GET")
			asked.push({ method: req.method ?? "", path, body });

		if (at === "POST /session") {
			if ((body as { password: string }).password === "wrong")
				return problem(401, "error.login_wrong");
			res.setHeader(
				"Set-Cookie",
				"session=mock; HttpOnly; SameSite=Strict; Path=/",
			);
			return json(200, who);
		}
		if (!req.headers.cookie?.includes("session=mock"))
			return problem(401, "error.log_in");
		if (at === "DELETE /session") {
			res.writeHead(204, { "Set-Cookie": "session=; Max-Age=0; Path=/" }).end();
			return;
		}
		if (at === "GET /me") return json(200, who);
		if (at === "GET /live") {
			res.writeHead(200, {
				"Content-Type": "text/event-stream",
				"Cache-Control": "no-store",
			});
			res.write(
				`event: snapshot\nid: 0\ndata: ${JSON.stringify({ calls, notices, limits, health, settings: brief(), heartbeat_s: 1 })}\n\n`,
			);
			consoles.add(res);
			req.on("close", () => consoles.delete(res));
			return;
		}
		const [, kind, id, rest] =
			at.match(/^\S+ \/(\w+)(?:\/([^/]+))?(?:\/(.+))?$/) ?? [];
		if (kind === "calls" && rest === "commands" && id) {
			const no = command(id, body as { do: string; why?: string });
			return no ? problem(no.status, no.key) : json(200, { ok: true });
		}
		if (at === "POST /calls/search") {
			const level = (body as { level?: string }).level ?? "S0";
			return json(200, { calls: data.rows().filter((r) => r.peak >= level) });
		}
		if (kind === "calls" && id && rest === "rough") {
			res.writeHead(200, { "Content-Type": "text/event-stream" });
			const say = (at_ms: number, kana: string) =>
				res.write(
					`event: rough\nid: 0\ndata: ${JSON.stringify({ party: "caller", at_ms, kana })}\n\n`,
				);
			say(1000, "いあか ");
			say(1500, "へんにしよ");
			looking++;
			res.on("close", () => looking--);
			return;
		}
		if (kind === "calls" && id && rest === "peaks") return json(200, peaks());
		if (kind === "calls" && id && rest === "transcripts")
			return json(200, { possible: true, transcripts: [] });
		if (kind === "calls" && id && rest === "opinions")
			return json(200, data.opinions());
		if (at === "GET /types") {
			const all = data.types();
			if (url.searchParams.has("from")) all.counts.closed = 4;
			return json(200, all);
		}
		if (kind === "calls" && id && rest?.startsWith("sound/")) {
			const wav = sound(rest.endsWith("caller") ? 440 : 330);
			const [, from] = (req.headers.range ?? "").match(/bytes=(\d+)-/) ?? [];
			const offset = Number(from ?? 0);
			res.writeHead(from === undefined ? 200 : 206, {
				"Content-Type": "audio/wav",
				"Accept-Ranges": "bytes",
				"Content-Length": wav.length - offset,
				...(from === undefined
					? {}
					: {
							"Content-Range": `bytes ${offset}-${wav.length - 1}/${wav.length}`,
						}),
			});
			res.end(wav.subarray(offset));
			return;
		}
		if (kind === "calls" && id && (rest === "wrong-flag" || rest === "incident"))
			return json(200, {});
		if (kind === "calls" && id && !rest) {
			const d = data.detail(id);
			if (d?.case) d.case = { ...d.case, ...cases.get(id) };
			return d ? json(200, d) : problem(404, "error.not_found");
		}
		if (kind === "notices" && rest === "acknowledge") {
			const n = notices.find((x) => x.id === id);
			if (!n) return problem(404, "error.not_found");
			const seen: NoticeView = {
				...n,
				state: "acknowledged",
				acknowledged_by: "佐藤 花子",
				acknowledged_at: new Date().toISOString(),
			};
			notices = notices.map((x) => (x.id === id ? seen : x));
			send("notice", seen);
			return json(200, seen);
		}
		if (at === "POST /limits") {
			const b = body as {
				number: string;
				take: "voicebot";
				days: number;
				reason: string;
				elsewhere: string;
			};
			const until = new Date(Date.now() + b.days * 86400000).toISOString();
			const l = {
				...b,
				id: "l9",
				number: { e164: b.number },
				state: "proposed" as const,
				provisional: false,
				from: new Date().toISOString(),
				until,
				proposed_by: "佐藤 花子",
				may_approve: false,
			};
			limits = [l, ...limits];
			return json(200, l);
		}
		if (kind === "limits" && rest === "objections") return json(200, {});
		if (kind === "limits" && rest) {
			const l = limits.find((x) => x.id === id);
			if (!l) return problem(404, "error.not_found");
			const fresh =
				rest === "approve"
					? { ...l, state: "in_force" as const, approved_by: "佐藤 花子" }
					: {
							...l,
							state: "lifted" as const,
							lifted_by: "佐藤 花子",
							lifted_why: (body as { reason: string }).reason,
						};
			limits = limits.map((x) => (x.id === id ? fresh : x));
			return json(200, fresh);
		}
		if (at === "GET /trials") return json(200, data.trials());
		if (at === "POST /trials") return json(200, data.trials().trials[0]);
		if (kind === "trials" && id) return json(200, data.trial());
		if (at === "GET /objections") return json(200, data.objections());
		if (kind === "incidents" && id && rest) {
			const { status, outcome, review } = body as IncidentStatus;
			const { types, version } = body as Partial<TypesStatement>;
			const stated = types && {
				types,
				version: (version ?? 0) + 1,
				by: "佐藤 花子",
				at: new Date().toISOString(),
			};
			const moved = rest === "status" ? { status, outcome, review } : {};
			cases.set(id, {
				...cases.get(id),
				...moved,
				...(stated && { types: stated }),
			});
			return json(200, {});
		}
		if (kind === "objections") return json(200, {});
		if (at === "POST /criteria/check")
			return json(200, data.checked(body as { criteria: Criterion[] }));
		if (at === "GET /settings") return json(200, settings);
		if (at === "POST /settings/closed-days") {
			const { table, days } = body as ClosedTable;
			const lines = Buffer.from(table, "base64").toString().trim().split("\n");
			const bad = lines.findIndex((l) => l.startsWith("2099/2/30"));
			const issues =
				bad < 0
					? []
					: [
							{
								line: bad + 1,
								key: "closed.issue.date",
								args: { cell: "2099/2/30" },
							},
						];
			const added = bad < 0 ? [{ date: "2099-01-11", note: "成人の日" }] : [];
			return json(200, {
				days: [...days, ...added],
				added: added.length,
				past: 3,
				issues,
			});
		}
		if (at === "PUT /types") {
			const c = body as { types: typeof settings.ccaj };
			settings = { ...settings, ccaj: c.types, version: settings.version + 1 };
			return json(200, settings);
		}
		if (kind === "voices") {
			const { waiting, ...now } = settings.voice;
			const b = body as { purpose: string; days: number };
			const version = settings.version + 1;
			const voice =
				id === "off"
					? { on: false, ready: true, registered: 0 }
					: id === "approve"
						? { ...now, ...waiting, on: true }
						: {
								...now,
								waiting: {
									...b,
									by: "佐藤 花子",
									at: new Date().toISOString(),
									may_approve: false,
								},
							};
			settings = { ...settings, version, voice };
			send("settings", brief());
			return json(200, settings);
		}
		if (at === "PUT /settings") {
			settings = {
				...settings,
				...(body as object),
				version: settings.version + 1,
			};
			send("settings", brief());
			return json(200, settings);
		}
		if (at === "GET /lexicon") return json(200, lexicon);
		if (at === "POST /lexicon/check") {
			const [w] = (body as LexiconChange).put ?? [];
			const issue = (key: string, warning: boolean, args = {}) => ({
				id: w?.id,
				field: "reading",
				key: `lexicon.issue.${key}`,
				args,
				warning,
			});
			const issues =
				w?.reading === "漢字"
					? [issue("kana", false, { text: "漢字" })]
					: (w?.reading ?? "").length < 5
						? [issue("short", true, { n: "8", least: "9" })]
						: [];
			return json(200, {
				added: [],
				changed: [],
				removed: [],
				issues,
				wrong: issues.some((i) => !i.warning),
			});
		}
		if (at === "POST /lexicon/import") {
			const table = Buffer.from(
				(body as { table: string }).table,
				"base64",
			).toString();
			const word = {
				id: "OWN-9",
				category: "ABUSE" as const,
				surface: "おたんこなすび",
				level: "S1" as const,
			};
			const wrong = table.includes("S9");
			return json(200, {
				change: { version: lexicon.version, put: wrong ? [] : [word] },
				preview: {
					added: wrong ? [] : [word],
					changed: [],
					removed: [],
					issues: wrong
						? [2, 3].map((line) => ({
								line,
								key: "lexicon.issue.csv_level",
								args: { cell: "S9" },
								warning: false,
							}))
						: [],
					wrong,
				},
			});
		}
		if (at === "PUT /lexicon") {
			const c = body as LexiconChange;
			if (c.version !== lexicon.version)
				return problem(409, "error.lexicon_version");
			const put = (c.put ?? []).map((w, i) => ({
				...w,
				id: w.id || `OWN-${lexicon.version + 1}-${i}`,
			}));
			const kept = lexicon.own
				.filter((w) => !c.remove?.includes(w.id ?? ""))
				.map((w) => put.find((p) => p.id === w.id) ?? w);
			lexicon = {
				...lexicon,
				version: lexicon.version + 1,
				trade: lexicon.trade.map((p) => ({
					...p,
					chosen: c.trade ? c.trade.includes(p.name) : p.chosen,
				})),
				own: [
					...kept,
					...put.filter((p) => !kept.some((w) => w.id === p.id)),
				],
			};
			return json(200, lexicon);
		}
		if (at === "GET /staff") return json(200, people);
		if (at === "POST /staff") {
			const b = body as { login: string; name: string; role: "operator" };
			if (people.people.some((p) => p.login === b.login))
				return problem(409, "error.staff_exists");
			const person = {
				...b,
				id: `p${people.people.length}`,
				rights: [],
				disabled: false,
				must_change_password: true,
			};
			people.people.push(person);
			return json(200, { person, password: "kame-3f9a-umi-77" });
		}
		const staffer = people.people.find((p) => at.includes(` /staff/${p.id}`));
		if (staffer && at.endsWith("/password")) {
			staffer.must_change_password = true;
			return json(200, { person: staffer, password: "yama-81c2-sora-05" });
		}
		if (staffer && at.startsWith("PATCH ")) {
			const b = body as { disabled?: boolean; role?: "operator" | "administrator" };
			const stays = b.role === "administrator" && !b.disabled;
			if (staffer.role === "administrator" && !stays)
				return problem(409, "error.staff_last");
			return json(200, Object.assign(staffer, b));
		}
		if (at === "GET /trail") {
			const entry = (seq: number, what: string, subject: string) => ({
				seq,
				at: new Date(began - seq * 60000).toISOString(),
				by: "佐藤 花子",
				what,
				subject,
				hash: "ab12",
			});
			return json(200, {
				entries: [
					entry(3, "trail.command", "019ab000"),
					entry(2, "trail.call_listen", "019ab000"),
					entry(1, "trail.log_in", "p1"),
				],
				whole: true,
			});
		}
		return problem(404, "error.not_found");
	});

	await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
	const address = server.address();
	const bound = typeof address === "object" && address ? address.port : port;
	return {
		url: `http://127.0.0.1:${bound}`,
		server,
		asked,
		looking: () => looking,
		tell,
		vary: (change) => {
			change(health);
			send("health", health);
		},
		become: (now) => {
			who = { ...who, ...now };
			for (const c of consoles) c.end();
		},
		silence: (on) => {
			silent = on;
		},
		stop: () =>
			new Promise((done) => {
				clearInterval(beat);
				calls = [];
				server.close(() => done());
				server.closeAllConnections();
			}),
	};
}

/** Serves the built console; what is no file is a place inside it. */
function file(path: string, res: ServerResponse) {
	const wanted = resolve(dist, `.${path}`);
	const inside =
		wanted.startsWith(dist + sep) &&
		existsSync(wanted) &&
		statSync(wanted).isFile();
	const name = inside ? wanted : resolve(dist, "index.html");
	res.writeHead(200, {
		"Content-Type": types[extname(name)] ?? "application/octet-stream",
	});
	createReadStream(name).pipe(res);
}

async function read(req: IncomingMessage): Promise<unknown> {
	let text = "";
	for await (const chunk of req) text += chunk;
	return text ? JSON.parse(text) : undefined;
}

function peaks() {
	const wave = (phase: number) =>
		Array.from({ length: 760 }, (_, i) =>
			Math.max(
				0,
				Math.min(
					1,
					Math.abs(Math.sin(i / 9)) *
						(Math.sin(i / 40 + phase) > 0 ? 0.8 : 0.06),
				),
			),
		);
	return {
		step_ms: 200,
		duration_ms: 152000,
		caller: wave(0),
		agent: wave(Math.PI),
	};
}

/** 152 s of a soft tone, 8 kHz, 16 bit. */
function sound(hz: number): Buffer {
	const n = 152 * 8000;
	const b = Buffer.alloc(44 + n * 2);
	b.write("RIFF", 0);
	b.writeUInt32LE(36 + n * 2, 4);
	b.write("WAVEfmt ", 8);
	b.writeUInt32LE(16, 16);
	b.writeUInt16LE(1, 20);
	b.writeUInt16LE(1, 22);
	b.writeUInt32LE(8000, 24);
	b.writeUInt32LE(16000, 28);
	b.writeUInt16LE(2, 32);
	b.writeUInt16LE(16, 34);
	b.write("data", 36);
	b.writeUInt32LE(n * 2, 40);
	for (let i = 0; i < n; i++)
		b.writeInt16LE(
			Math.round(Math.sin((i * hz * 2 * Math.PI) / 8000) * 3000),
			44 + i * 2,
		);
	return b;
}

if (process.argv[1]?.endsWith("mock.ts")) {
	const m = await start(Number(process.env.PORT ?? 8090));
	console.log(`console on ${m.url}`);
}
