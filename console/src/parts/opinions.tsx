import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { askOpinion, callOpinions } from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import { useSession } from "../lib/session";
import { type Key, known, useTexts } from "../lib/texts";
import { ErrorNote, Note } from "./note";

/** What a language model makes of the call, when a person asked it. It decides nothing. */
export function Opinions({ call }: { call: string }) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	const [error, setError] = useState<unknown>();
	const found = useQuery({
		queryKey: ["opinions", call],
		queryFn: () => ask(callOpinions({ path: { id: call } })),
		refetchInterval: (q) =>
			["waiting", "running"].includes(q.state.data?.job?.state ?? "")
				? 1000
				: false,
	});
	if (found.isPending) return null;
	if (found.error) {
		return (
			<ErrorNote error={found.error} retry={() => void found.refetch()} />
		);
	}
	const { possible, job, opinions } = found.data;
	if (!possible && opinions.length === 0) return null;
	const busy = job?.state === "waiting" || job?.state === "running";
	const start = async () => {
		setError(undefined);
		try {
			await ask(askOpinion({ path: { id: call } }));
		} catch (e) {
			setError(e);
		}
		void found.refetch();
	};
	const reason = job?.state === "failed" ? job.reason : undefined;
	const elements = [
		t("screen.opinions.element1"),
		t("screen.opinions.element2"),
		t("screen.opinions.element3"),
	];
	const met = {
		yes: t("screen.opinions.met.yes"),
		no: t("screen.opinions.met.no"),
		unclear: t("screen.opinions.met.unclear"),
	};
	return (
		<section className="panel" aria-labelledby="opinions-title">
			<h2 id="opinions-title">{t("screen.opinions.title")}</h2>
			<p>{t("screen.opinions.lead")}</p>
			{possible && may("listen") && !busy && (
				<>
					<p className="quiet">{t("screen.opinions.confirm")}</p>
					<Button className="button" onPress={() => void start()}>
						{t("screen.opinions.ask")}
					</Button>
				</>
			)}
			{busy && <p role="status">{t("screen.opinions.running")}</p>}
			{reason !== undefined && (
				<Note kind="bad">
					{t((known(reason) ? reason : "error.opinion_failed") as Key)}
				</Note>
			)}
			{error !== undefined && <ErrorNote error={error} retry={start} />}
			{opinions.map((one) => (
				<article key={one.at}>
					<h3>
						{t("screen.opinions.source", {
							source: one.source,
							at: wall(one.at, lang, true),
							by: one.by,
						})}
					</h3>
					<p>{one.summary}</p>
					{one.categories.length === 0 ? (
						<p>{t("screen.opinions.none")}</p>
					) : (
						<ul>
							{one.categories.map((c) => (
								<li key={c}>{t(`category.${c}` as Key)}</li>
							))}
						</ul>
					)}
					<dl>
						{one.elements?.map((e, n) => (
							<div key={elements[n]}>
								<dt>{elements[n]}</dt>
								<dd>
									<strong>{met[e.met]}</strong> {e.reason}
								</dd>
							</div>
						))}
					</dl>
				</article>
			))}
		</section>
	);
}
