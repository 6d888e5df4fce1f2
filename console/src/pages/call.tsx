import { useEffect, useRef, useState } from "react";
import { Button, Input, Label, Switch, TextField } from "react-aria-components";
import { Link } from "wouter";
import { commandCall } from "../client";
import { ask } from "../lib/api";
import {
	commandFor,
	nextWarning,
	type Refusal,
	refusal,
} from "../lib/commands";
import { callNow, useLive, useNow } from "../lib/feed";
import { callTime, wall } from "../lib/format";
import { type CallView, type Command, lineOf } from "../lib/model";
import { kind, levelOfCall, why } from "../lib/order";
import { outlook } from "../lib/outlook";
import { useSession } from "../lib/session";
import { known, useTexts } from "../lib/texts";
import { BotPanel } from "../parts/bot";
import { Findings } from "../parts/findings";
import { HoldToCut } from "../parts/hold";
import { Ladder } from "../parts/ladder";
import { LevelBadge } from "../parts/level";
import { Lines } from "../parts/lines";
import { Meters } from "../parts/meters";
import { Empty, Loading, Note, useErrorText } from "../parts/note";
import { useNumber } from "../parts/number";
import { Page } from "../parts/page";
import { Rough } from "../parts/rough";
import { Sentences } from "../parts/sentences";
import { Voices } from "../parts/voices";

export function CallPage({ id }: { id: string }) {
	const { t } = useTexts();
	const { feed, may } = useSession();
	const live = useLive(feed);
	const number = useNumber();
	// A call that leaves the live table stays on the screen of who is looking at it.
	const last = useRef<CallView>(undefined);
	const call = live.calls.get(id) ?? last.current;
	useEffect(() => {
		last.current = live.calls.get(id) ?? last.current;
	}, [live, id]);
	if (!live.ready) return <Loading />;
	if (!call) {
		return (
			<Page title={t("screen.call.gone.title")}>
				<Empty title={t("screen.call.gone.text")}>
					<div className="row">
						<Link className="button" href="/">
							{t("screen.call.back")}
						</Link>
						{may("see_calls") && (
							<Link className="button" href={`/past/${id}`}>
								{t("screen.call.gone.past")}
							</Link>
						)}
					</div>
				</Empty>
			</Page>
		);
	}
	const gone = !live.calls.has(id);
	return (
		<Page
			title={t("screen.call.title", { number: number(call.incoming.from) })}
			aside={
				<Link className="button" href="/">
					{t("screen.call.back")}
				</Link>
			}
		>
			<CallBody call={call} gone={gone} />
		</Page>
	);
}

function CallBody({ call, gone }: { call: CallView; gone: boolean }) {
	const { t, say } = useTexts();
	const { feed } = useSession();
	const now = useNow();
	const at = callNow(feed.snapshot(), call, now);
	const number = useNumber();
	const [follow, setFollow] = useState(true);
	const line = lineOf(call);
	const ended = line === "ended" || gone;
	const level = ended ? call.peak : call.judgement.level;
	const { first } = why(call);
	const named = first && kind(first);
	const naming = (prefix: "gap" | "lost", what: string[]) =>
		what
			.map((w) => (known(`${prefix}.${w}`) ? say(`${prefix}.${w}`) : w))
			.join(" / ");

	const engineName = (engine: string) => {
		return engine
			.split(" + ")
			.map((one) => {
				const [kind, which] = one.split("/");
				const key = `source.${kind}`;
				if (!known(key)) return one;
				return kind === "builtin" ? say(key) : `${say(key)} (${which})`;
			})
			.join(" + ");
	};

	return (
		<>
			<section className={`call-strip ${level}`}>
				<LevelBadge level={level} big name={levelOfCall(call, level)} />
				{first && (
					<p className="strip-why">
						<strong>{named && t(named.key, named.args)}</strong>
						{first.words && <span className="quote">{first.words}</span>}
					</p>
				)}
				<ul className="facts">
					<li className="elapsed">
						{t("screen.call.elapsed", { time: callTime(at) })}
					</li>
					<li>
						<strong>
							{t(call.on_hold && !ended ? "screen.line.hold" : `line.${line}`)}
						</strong>
					</li>
					<li>{t("screen.call.to", { number: number(call.incoming.to) })}</li>
					<li>{t("screen.call.trunk", { name: call.incoming.trunk })}</li>
					{call.engine && (
						<li>
							{t("screen.call.engine", { engine: engineName(call.engine) })}
						</li>
					)}
				</ul>
			</section>
			{call.ended && <Ended call={call} />}
			{!call.listener && !ended && (
				<Note kind="bad">{t("screen.call.deaf")}</Note>
			)}
			{(call.judgement.unheard?.length ?? 0) > 0 && (
				<Note kind="warn">
					{t("screen.call.unheard", {
						what: naming("gap", call.judgement.unheard!),
					})}
				</Note>
			)}
			{(call.lost?.length ?? 0) > 0 && (
				<Note kind="bad">
					{t("screen.call.lost", { what: naming("lost", call.lost!) })}
				</Note>
			)}
			{call.limit && (
				<Note kind="info">
					{call.matter
						? t("screen.call.limited.matter", { matter: call.matter })
						: t("screen.call.limited")}
				</Note>
			)}
			<Voices list={call.voices ?? []} />
			<Ladder stage={call.state.stage} over={ended} />
			<div className="call-grid three">
				<section className="panel lines-panel" aria-labelledby="lines-title">
					<div className="panel-head">
						<h2 id="lines-title">{t("screen.call.lines")}</h2>
						<Switch className="switch" isSelected={follow} onChange={setFollow}>
							<span className="track" aria-hidden="true" />
							{t("screen.call.follow")}
						</Switch>
					</div>
					<Lines lines={call.lines ?? []} follow={follow} />
				</section>
				<div className="call-side acting">
					{call.bot && <BotPanel bot={call.bot} />}
					{ended ? (
						<Over id={call.incoming.id} />
					) : (
						<Acting call={call} at={at} />
					)}
				</div>
				<div className="call-side reasons">
					<section className="panel" aria-labelledby="because-title">
						<h2 id="because-title">{t("screen.call.because")}</h2>
						<Findings list={call.judgement.findings ?? []} />
						<h3>{t("screen.call.counter")}</h3>
						<Findings list={call.judgement.counter ?? []} against />
					</section>
					{!ended && (
						<section className="panel" aria-labelledby="meters-title">
							<h2 id="meters-title">{t("screen.call.meters")}</h2>
							<Meters meter={call.meter} />
						</section>
					)}
					{!ended && call.listener && <Rough call={call.incoming.id} />}
				</div>
			</div>
		</>
	);
}

function Ended({ call }: { call: CallView }) {
	const { t, lang, say } = useTexts();
	const limit = call.new_limit;
	return (
		<Note kind="info" live>
			<p>
				<strong>{t("screen.end.title")}</strong>{" "}
				{t(`screen.end.by.${call.ended!.by}`)}{" "}
				{t("screen.end.peak", { level: `@level.${call.peak}` })}
			</p>
			{limit && (
				<p>
					{t("screen.end.limit")}{" "}
					{say("screen.end.limit.until", {
						take: `@take.${limit.take}`,
						until: wall(limit.until, lang),
					})}
				</p>
			)}
		</Note>
	);
}

interface Said {
	good: boolean;
	text: string;
}

/** What comes next, what is proposed, and the buttons. */
function Acting({ call, at }: { call: CallView; at: number }) {
	const { t } = useTexts();
	const { may } = useSession();
	const errorText = useErrorText();
	const [note, setNote] = useState("");
	const [sending, setSending] = useState<Command>();
	const [said, setSaid] = useState<Said>();

	const send = async (c: Command) => {
		setSending(c);
		setSaid(undefined);
		try {
			await ask(
				commandCall({
					path: { id: call.incoming.id },
					body: {
						id: crypto.randomUUID?.() ?? fallbackId(),
						do: c,
						why: note.trim() || undefined,
					},
				}),
			);
			setNote("");
			setSaid({
				good: true,
				text: t("screen.command.sent", { do: `@screen.command.${c}` }),
			});
		} catch (error) {
			setSaid({
				good: false,
				text: t("screen.command.failed", {
					do: `@screen.command.${c}`,
					why: errorText(error),
				}),
			});
		} finally {
			setSending(undefined);
		}
	};
	const props = (c: Command) => ({
		command: c,
		sending,
		no: refusal(call, c, may),
		onDo: () => void send(c),
	});
	const noCut = refusal(call, "cut", may);
	const proposals = call.proposed ?? [];

	return (
		<>
			<section className="panel next" aria-labelledby="next-title">
				<h2 id="next-title">{t("screen.call.next")}</h2>
				<p className="outlook">
					<Sentences list={outlook(call, at)} />
				</p>
				{proposals.map((p) => {
					const c = commandFor(p.do);
					if (!c || c === "cut" || refusal(call, c, may)) return null;
					return (
						<Button
							key={p.do}
							className="button primary wide propose"
							isDisabled={Boolean(sending)}
							onPress={() => void send(c)}
						>
							{sending === c
								? t("screen.command.pending")
								: t("screen.call.confirm", { do: `@action.${p.do}` })}
						</Button>
					);
				})}
			</section>
			<section className="panel actions" aria-labelledby="actions-title">
				<h2 id="actions-title">{t("screen.call.actions")}</h2>
				<div className="action-grid">
					<Act
						{...props("warn")}
						help={t("screen.command.warn.next", {
							do: `@action.${nextWarning(call)}`,
						})}
					/>
					<Act
						{...props("announce")}
						help={t("screen.command.announce.help")}
					/>
					<Act
						{...props("voicebot")}
						help={t("screen.command.voicebot.help")}
					/>
					<Act {...props("rejoin")} help={t("screen.command.rejoin.help")} />
					<Act
						{...props("wrong_flag")}
						help={t("screen.command.wrong_flag.help")}
					/>
					{call.state.hands_off ? (
						<Act {...props("resume")} help={t("screen.command.resume.help")} />
					) : (
						<Act
							{...props("hands_off")}
							help={t("screen.command.hands_off.help")}
						/>
					)}
				</div>
				<HoldToCut
					disabled={Boolean(noCut) || Boolean(sending)}
					describedBy="cut-help"
					onDone={() => void send("cut")}
				/>
				<p className="quiet" id="cut-help">
					{noCut ? t(noCut.key, noCut.args) : t("screen.command.cut.help")}
				</p>
				<div className="said" role={said && !said.good ? "alert" : "status"}>
					{sending ? (
						<p>{t("screen.command.pending")}</p>
					) : (
						said && <p className={said.good ? "good" : "bad"}>{said.text}</p>
					)}
				</div>
				<TextField value={note} onChange={setNote} maxLength={500}>
					<Label>
						{t("screen.call.why")}{" "}
						<span className="tag">{t("screen.optional")}</span>
					</Label>
					<Input />
				</TextField>
				<h3>{t("screen.call.marks")}</h3>
				<div className="row marks">
					<Act {...props("help")} />
					<Act {...props("final_answer")} />
					<Act {...props("accommodation")} />
					<Act {...props("accommodation_kept")} />
				</div>
			</section>
		</>
	);
}

/** Instead of the buttons, when there is nothing left to do. */
function Over({ id }: { id: string }) {
	const { t } = useTexts();
	const { may } = useSession();
	return (
		<section className="panel next">
			<p className="outlook">{t("screen.outlook.ended")}</p>
			<p className="quiet">{t("screen.call.gone.text")}</p>
			{may("see_calls") && (
				<Link className="button" href={`/past/${id}`}>
					{t("screen.call.gone.past")}
				</Link>
			)}
		</section>
	);
}

/** A name for a request where the page isn't served by HTTPS and crypto.randomUUID is missing. */
function fallbackId(): string {
	return [...crypto.getRandomValues(new Uint8Array(16))]
		.map((b) => b.toString(16).padStart(2, "0"))
		.join("");
}

interface ActProps {
	command: Command;
	sending: Command | undefined;
	no: Refusal | undefined;
	help?: string;
	onDo: () => void;
}

function Act({ command, sending, no, help, onDo }: ActProps) {
	const { t } = useTexts();
	const under =
		sending === command
			? t("screen.command.pending")
			: no
				? t(no.key, no.args)
				: help;
	return (
		<Button
			className={`button act do-${command}`}
			isDisabled={Boolean(no) || Boolean(sending)}
			onPress={onDo}
		>
			<strong>{t(`screen.command.${command}`)}</strong>
			{(help || sending === command) && <small>{under}</small>}
		</Button>
	);
}
