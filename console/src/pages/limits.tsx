import { useState } from "react";
import {
	Button,
	Dialog,
	DialogTrigger,
	Modal,
	ModalOverlay,
} from "react-aria-components";
import { Link, useLocation, useSearch } from "wouter";
import { approveLimit, liftLimit } from "../client";
import { ask } from "../lib/api";
import { useLive, useNow } from "../lib/feed";
import { wall } from "../lib/format";
import type { LimitView } from "../lib/model";
import { useSession } from "../lib/session";
import { known, useTexts } from "../lib/texts";
import { endings, LiftForm, Proposal } from "../parts/limitforms";
import { ErrorNote, Loading, Note } from "../parts/note";
import { useNumber } from "../parts/number";
import { NewObjection, Objections } from "../parts/objections";
import { Page } from "../parts/page";


export function LimitsPage() {
	const { t } = useTexts();
	const { feed, may } = useSession();
	const live = useLive(feed);
	const call = new URLSearchParams(useSearch()).get("call") ?? "";
	const [opened, setOpened] = useState(false);
	const [done, setDone] = useState<"sent" | "approved" | "lifted">();
	const [, go] = useLocation();
	const open = opened || call !== "";
	const put = (l: LimitView) => {
		const now = feed.snapshot().limits;
		feed.put("limits", {
			limits: now.some((o) => o.id === l.id)
				? now.map((o) => (o.id === l.id ? l : o))
				: [l, ...now],
		});
	};
	const close = () => {
		setOpened(false);
		if (call) go("/limits", { replace: true });
	};
	const cards = (states: LimitView["state"][]) =>
		live.limits
			.filter((l) => states.includes(l.state))
			.map((l) => (
				<LimitCard
					key={l.id}
					limit={l}
					onChanged={(fresh, what) => {
						put(fresh);
						setDone(what);
					}}
				/>
			));
	const proposed = cards(["suggested", "proposed"]);
	const inForce = cards(["in_force"]);
	const over = cards(["ended", "lifted"]);

	return (
		<Page
			title={t("screen.limits.title")}
			lead={t("screen.limits.lead")}
			aside={
				may("propose_limit") && !open ? (
					<Button className="button primary" onPress={() => setOpened(true)}>
						{t("screen.limits.new")}
					</Button>
				) : undefined
			}
		>
			{done && (
				<Note kind="good" live>
					{t(
						done === "sent"
							? "screen.limits.form.sent"
							: done === "approved"
								? "screen.limits.approved"
								: "screen.limits.lifted",
					)}
				</Note>
			)}
			{open && may("propose_limit") && (
				<Proposal
					key={call}
					call={call}
					onCancel={close}
					onSent={(l) => {
						put(l);
						setDone("sent");
						close();
					}}
				/>
			)}
			{!live.ready ? (
				<Loading />
			) : (
				<>
					<section aria-labelledby="proposed-title">
						<h2 id="proposed-title">
							{t("limit.proposed")}{" "}
							<span className="count">{proposed.length}</span>
						</h2>
						{proposed.length === 0 ? (
							<p className="quiet">{t("screen.limits.empty.proposed")}</p>
						) : (
							<ul className="cards">{proposed}</ul>
						)}
					</section>
					<section aria-labelledby="force-title">
						<h2 id="force-title">
							{t("limit.in_force")}{" "}
							<span className="count">{inForce.length}</span>
						</h2>
						{inForce.length === 0 ? (
							<p className="quiet">{t("screen.limits.empty.in_force")}</p>
						) : (
							<ul className="cards">{inForce}</ul>
						)}
					</section>
					<section aria-labelledby="over-title">
						<h2 id="over-title">
							{t("screen.limits.over")}{" "}
							<span className="count">{over.length}</span>
						</h2>
						{over.length === 0 ? (
							<p className="quiet">{t("screen.limits.empty.over")}</p>
						) : (
							<ul className="cards past-cards">{over}</ul>
						)}
					</section>
					<Objections />
				</>
			)}
		</Page>
	);
}

/** How long a limit still lasts, in the unit people would say. */
export function remaining(
	until: string,
	now: number,
): {
	key: "screen.limits.remaining" | "screen.limits.remaining_days";
	n: number;
} {
	const hours = Math.max(
		0,
		Math.ceil((new Date(until).getTime() - now) / 3600000),
	);
	return hours > 48
		? { key: "screen.limits.remaining_days", n: Math.ceil(hours / 24) }
		: { key: "screen.limits.remaining", n: hours };
}

function LimitCard({
	limit: l,
	onChanged,
}: {
	limit: LimitView;
	onChanged: (l: LimitView, what: "approved" | "lifted") => void;
}) {
	const { t, say, lang } = useTexts();
	const { may } = useSession();
	const number = useNumber();
	const now = useNow(60000);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const [failed, setFailed] = useState<"approved" | "lifted">();
	const [objecting, setObjecting] = useState(false);
	const left = remaining(l.until, now);
	const words = (reason: string) =>
		known(`limit_reason.${reason}`) ? say(`limit_reason.${reason}`) : reason;
	const ending = l.state === "suggested" ? endings.dismiss : endings.lift;
	const run = async (
		what: "approved" | "lifted",
		answer: () => Promise<LimitView>,
	) => {
		setBusy(true);
		setError(undefined);
		try {
			onChanged(await answer(), what);
			return true;
		} catch (problem) {
			setError(problem);
			setFailed(what);
			return false;
		} finally {
			setBusy(false);
		}
	};
	return (
		<li className={`card limit ${l.state}`}>
			<div className="card-head">
				<strong className="number">
					{l.take === "candidate"
						? t("screen.limits.scope.voice")
						: l.number.withheld
						? t("screen.limits.scope", { kind: number(l.number) })
						: number(l.number)}
				</strong>
				<span className={`tag state-${l.state}`}>{t(`limit.${l.state}`)}</span>
				{l.provisional && (
					<span className="tag provisional">{t("limit.provisional")}</span>
				)}
			</div>
			<p className="take">{t(`take.${l.take}`)}</p>
			<p>
				{t("screen.limits.until", { at: wall(l.until, lang) })}
				{l.state !== "ended" && l.state !== "lifted" && (
					<span className="tag">{t(left.key, { n: left.n })}</span>
				)}
			</p>
			<dl className="dl">
				{l.matter && (
					<>
						<dt>{t("screen.limits.matter")}</dt>
						<dd>{l.matter}</dd>
					</>
				)}
				{l.voice && (
					<>
						<dt>{t("screen.limits.voice")}</dt>
						<dd>
							{t(`voice_state.${l.voice.state}`)}
							{l.voice.state === "registered" && l.voice.expires && (
								<>
									{" "}
									<span className="quiet">
										{t("screen.limits.voice.until", {
											at: wall(l.voice.expires, lang),
										})}
									</span>
								</>
							)}
							{l.voice.state === "erased" && l.voice.why && (
								<>
									{" "}
									<span className="quiet">
										{t(`voice_erased.${l.voice.why}`)}
									</span>
								</>
							)}
						</dd>
					</>
				)}
				<dt>{t("screen.limits.reason")}</dt>
				<dd>
					{words(l.reason)}
				</dd>
				{l.dialogue && (
					<>
						<dt>{t("screen.limits.dialogue")}</dt>
						<dd>{l.dialogue}</dd>
					</>
				)}
				{l.elsewhere && (
					<>
						<dt>{t("screen.limits.elsewhere")}</dt>
						<dd>{l.elsewhere}</dd>
					</>
				)}
				<dt>{t("screen.limits.people")}</dt>
				<dd>
					{l.state === "suggested"
						? t("screen.limits.by.suggested")
						: l.proposed_by
							? t("screen.limits.by.proposed", { name: l.proposed_by })
							: t("screen.limits.by.machine")}
					{l.approved_by && (
						<> / {t("screen.limits.by.approved", { name: l.approved_by })}</>
					)}
					{l.lifted_by && (
						<>
							<br />
							{t("screen.limits.by.lifted", {
								name: l.lifted_by,
								why: words(l.lifted_why ?? ""),
							})}
						</>
					)}
				</dd>
			</dl>
			<div className="row">
				{l.state === "suggested" && may("propose_limit") && (
					<Link className="button primary" href={`/limits?call=${l.call}`}>
						{t("screen.limits.suggest")}
					</Link>
				)}
				{l.state === "proposed" && may("approve_limit") && (
					<Button
						className="button primary"
						isDisabled={busy || !l.may_approve}
						onPress={() =>
							void run("approved", () =>
								ask(approveLimit({ path: { id: l.id } })),
							)
						}
					>
						{t("screen.limits.approve")}
					</Button>
				)}
				{l.state === "proposed" && may("approve_limit") && !l.may_approve && (
					<p className="quiet">{t("screen.limits.approve.own")}</p>
				)}
				{l.state !== "ended" &&
					l.state !== "lifted" &&
					may("lift_limit") && (
						<DialogTrigger onOpenChange={() => setError(undefined)}>
							<Button className="button" isDisabled={busy}>
								{t(ending.press)}
							</Button>
							<ModalOverlay className="overlay" isDismissable>
								<Modal className="modal">
									<Dialog>
										{({ close }) => (
											<LiftForm
												ending={ending}
												busy={busy}
												error={error}
												onCancel={close}
												onLift={async (reason) => {
													const lifted = await run("lifted", () =>
														ask(
															liftLimit({
																path: { id: l.id },
																body: { reason },
															}),
														),
													);
													if (lifted) close();
												}}
											/>
										)}
									</Dialog>
								</Modal>
							</ModalOverlay>
						</DialogTrigger>
					)}
			</div>
			{l.state === "in_force" && may("propose_limit") && !objecting && (
				<Button className="button" onPress={() => setObjecting(true)}>
					{t("screen.objections.new")}
				</Button>
			)}
			{objecting && (
				<NewObjection limit={l.id} onDone={() => setObjecting(false)} />
			)}
			{error !== undefined && failed === "approved" && (
				<ErrorNote error={error} />
			)}
		</li>
	);
}
