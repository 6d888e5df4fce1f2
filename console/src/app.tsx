import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { Redirect, Route, Switch } from "wouter";
import { me } from "./client";
import { ApiError, ask, forget, queries } from "./lib/api";
import { Feed } from "./lib/feed";
import type { Me } from "./lib/model";
import { setPref, usePref } from "./lib/prefs";
import { SessionContext, useSession } from "./lib/session";
import { type Lang, LanguageContext, useTexts } from "./lib/texts";
import { CallPage } from "./pages/call";
import { LimitsPage } from "./pages/limits";
import { LivePage } from "./pages/live";
import { LogInPage } from "./pages/login";
import { NotFoundPage } from "./pages/missing";
import { PasswordPage } from "./pages/password";
import { PastPage } from "./pages/past";
import { PeoplePage } from "./pages/people";
import { SettingsPage } from "./pages/settings";
import { TrailPage } from "./pages/trail";
import { WordsPage } from "./pages/words";
import { TrialsPage } from "./pages/trials";
import { ErrorNote, Loading } from "./parts/note";
import { Shell } from "./parts/shell";

const PastCallPage = lazy(() => import("./pages/pastcall"));

export function App() {
	const lang: Lang = usePref("lang", "ja") === "en" ? "en" : "ja";
	useEffect(() => {
		document.documentElement.lang = lang;
	}, [lang]);
	const language = useMemo(
		() => ({ lang, setLang: (l: Lang) => setPref("lang", l) }),
		[lang],
	);
	return (
		<QueryClientProvider client={queries}>
			<I18nProvider locale={lang === "ja" ? "ja-JP" : "en-US"}>
				<LanguageContext value={language}>
					<Entrance />
				</LanguageContext>
			</I18nProvider>
		</QueryClientProvider>
	);
}

/** Finds out who is there: the log-in page, a password that must be changed, or the console. */
function Entrance() {
	const [left, setLeft] = useState(false);
	const who = useQuery({
		queryKey: ["me"],
		queryFn: () => ask(me()),
		staleTime: Number.POSITIVE_INFINITY,
	});
	const entered = (m: Me) => {
		forget();
		queries.setQueryData(["me"], m);
		setLeft(false);
	};
	const loggedOut = who.error instanceof ApiError && who.error.status === 401;
	if (left || loggedOut) return <LogInPage onEntered={entered} />;
	if (who.isPending) return <Loading />;
	if (who.error)
		return <ErrorNote error={who.error} retry={() => void who.refetch()} />;
	if (who.data.must_change_password) {
		return (
			<PasswordPage
				onDone={() => entered({ ...who.data, must_change_password: false })}
			/>
		);
	}
	// Another role is another console: what the one before was told of goes with it.
	return (
		<Inside
			key={`${who.data.id} ${who.data.role}`}
			me={who.data}
			leave={() => setLeft(true)}
			again={again}
		/>
	);
}

/** Asks once more who is there. What can't be known now is asked the next time. */
async function again() {
	try {
		const m = await ask(me());
		const before = queries.getQueryData<Me>(["me"]);
		if (before && before.role !== m.role) forget();
		queries.setQueryData(["me"], m);
	} catch {
		// The feed finds out by itself that nobody is logged in any more.
	}
}

function Inside({
	me,
	leave,
	again,
}: {
	me: Me;
	leave: () => void;
	again: () => void;
}) {
	const [feed] = useState(() => new Feed(leave, again));
	useEffect(() => {
		feed.start();
		return () => feed.stop();
	}, [feed]);
	const session = useMemo(() => ({ me, feed, leave }), [me, feed, leave]);
	return (
		<SessionContext value={session}>
			<Shell>
				<Suspense fallback={<Loading />}>
					<Pages />
				</Suspense>
			</Shell>
		</SessionContext>
	);
}

function Pages() {
	const { may } = useSession();
	const { t } = useTexts();
	return (
		<Switch>
			<Route path="/">
				<LivePage />
			</Route>
			<Route path="/calls/:id">
				{({ id }) => <CallPage id={id} key={id} />}
			</Route>
			{may("see_calls") && <Route path="/past" component={PastPage} />}
			{may("see_calls") && (
				<Route path="/past/:id">
					{({ id }) => <PastCallPage id={id} key={id} />}
				</Route>
			)}
			{may("see_limits") && <Route path="/limits" component={LimitsPage} />}
			{may("see_lexicon") && <Route path="/words" component={WordsPage} />}
			{may("see_settings") && (
				<Route path="/settings" component={SettingsPage} />
			)}
			{may("see_settings") && <Route path="/trials" component={TrialsPage} />}
			{may("manage_staff") && <Route path="/people" component={PeoplePage} />}
			{may("see_trail") && <Route path="/trail" component={TrailPage} />}
			<Route path="/index.html">
				<Redirect to="/" />
			</Route>
			<Route>
				<NotFoundPage
					title={t("screen.not_found.title")}
					text={t("screen.not_found.text")}
				/>
			</Route>
		</Switch>
	);
}
