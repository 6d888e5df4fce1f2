import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { Link, useLocation } from "wouter";
import { logOut } from "../client";
import { ask, forget } from "../lib/api";
import { useLive, useNow } from "../lib/feed";
import { type Permission, useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Announcer } from "./announcer";
import { engineTroubles, HealthChips, vitals } from "./health";
import { HearingWarning } from "./hearing";
import { LanguageSwitch } from "./language";
import { Note } from "./note";

const places = [
	{ href: "/", name: "live", needs: "see_live" },
	{ href: "/past", name: "past", needs: "see_calls" },
	{ href: "/limits", name: "limits", needs: "see_limits" },
	{ href: "/words", name: "words", needs: "see_lexicon" },
	{ href: "/trials", name: "trials", needs: "see_settings" },
	{ href: "/settings", name: "settings", needs: "see_settings" },
	{ href: "/people", name: "people", needs: "manage_staff" },
	{ href: "/trail", name: "trail", needs: "see_trail" },
] as const satisfies readonly {
	href: string;
	name: string;
	needs: Permission;
}[];

export function Shell({ children }: { children: ReactNode }) {
	const { t } = useTexts();
	const { me, may, leave, feed } = useSession();
	const live = useLive(feed);
	const [path] = useLocation();
	const [leaving, setLeaving] = useState(false);
	const waiting = live.notices.filter(
		(n) => n.state === "triggered" || n.state === "escalated",
	).length;
	const here = (href: string) =>
		href === "/"
			? path === "/" || path.startsWith("/calls/")
			: path.startsWith(href);

	const out = async () => {
		setLeaving(true);
		feed.stop();
		try {
			await ask(logOut());
		} catch {
			// The session ends by itself; what matters is that this screen shows nothing more.
		}
		forget();
		leave();
	};

	return (
		<>
			<a className="skip" href="#content">
				{t("screen.skip")}
			</a>
			<header className="top">
				<p className="brand">
					<img src="/icon.svg" alt="" width="28" height="28" />
					<span>{t("screen.product")}</span>
				</p>
				<nav aria-label={t("screen.nav.label")}>
					<ul>
						{places
							.filter((p) => may(p.needs))
							.map((p) => (
								<li key={p.href}>
									<Link
										href={p.href}
										aria-current={here(p.href) ? "page" : undefined}
									>
										{t(`screen.nav.${p.name}`)}
										{p.name === "live" && waiting > 0 && (
											<span className="bubble">
												{t("screen.notices.waiting", { n: waiting })}
											</span>
										)}
									</Link>
								</li>
							))}
					</ul>
				</nav>
				<div className="top-end">
					{live.health && <HealthChips health={live.health} />}
					<LanguageSwitch />
					<div className="account">
						<span className="visually-hidden">{t("screen.account.label")}</span>
						<span className="account-name">{me.name}</span>
						<span className="account-role">{t(`role.${me.role}`)}</span>
					</div>
					<Button className="button small" onPress={out} isDisabled={leaving}>
						{t("screen.login.out")}
					</Button>
				</div>
			</header>
			<Warnings />
			<Announcer />
			<main id="content" tabIndex={-1}>
				{children}
			</main>
		</>
	);
}

/** What everybody must know on every page: the feed is old, nobody listens, automatic mode without a report. */
function Warnings() {
	const { t } = useTexts();
	const { feed } = useSession();
	const live = useLive(feed);
	const now = useNow();
	const silent = feed.silence(now);
	const all = live.health && vitals(live.health);
	return (
		<section className="warnings" aria-label={t("screen.warnings.label")}>
			{silent > 0 && (
				<Note kind="bad" live>
					{t("screen.feed.stale", { s: Math.floor(silent / 1000) })}
				</Note>
			)}
			{all && (all.edge === "away" || all.edge === "absent") && (
				<Note kind="bad" live>
					{t("screen.health.no_edge")}
				</Note>
			)}
			{all && (all.listener === "away" || all.listener === "absent") && (
				<Note kind="bad" live>
					{t("screen.health.deaf")}
				</Note>
			)}
			{engineTroubles(live.health).map((why) => (
				<Note key={why} kind="warn">
					{t(why)}
				</Note>
			))}
			<HearingWarning health={live.health} />
			{live.health && !live.health.bus && (
				<Note kind="bad" live>
					{t("screen.health.bus")}
				</Note>
			)}
			{live.health && !live.health.database && (
				<Note kind="bad" live>
					{t("screen.health.database")}
				</Note>
			)}
			{live.health?.processes.some((p) => !p.away && p.why === "disk") && (
				<Note kind="bad" live>
					{t("screen.health.disk")}
				</Note>
			)}
			{live.health?.processes.some((p) => !p.away && p.why === "recovery") && (
				<Note kind="warn">
					{t("screen.health.recovery")}
				</Note>
			)}
			{live.settings?.exempt && live.settings.preset === "auto" && (
				<Note kind="warn">
					{t("screen.banner.exempt", { why: live.settings.exempt })}
				</Note>
			)}
		</section>
	);
}
