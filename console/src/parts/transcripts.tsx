import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { callTranscripts, transcribeCall } from "../client";
import { ask } from "../lib/api";
import { callTime, wall } from "../lib/format";
import { useSession } from "../lib/session";
import { type Key, known, useTexts } from "../lib/texts";
import { ErrorNote, Note } from "./note";

/** The recording in words once more, by another engine. What the live call led to stays what it was. */
export function Transcripts({ call }: { call: string }) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	const [error, setError] = useState<unknown>();
	const found = useQuery({
		queryKey: ["transcripts", call],
		queryFn: () => ask(callTranscripts({ path: { id: call } })),
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
	const { possible, job, transcripts } = found.data;
	if (!possible && transcripts.length === 0) return null;
	const busy = job?.state === "waiting" || job?.state === "running";
	const start = async () => {
		setError(undefined);
		try {
			await ask(transcribeCall({ path: { id: call } }));
		} catch (e) {
			setError(e);
		}
		void found.refetch();
	};
	const reason = job?.state === "failed" ? job.reason : undefined;
	return (
		<section className="panel" aria-labelledby="transcripts-title">
			<h2 id="transcripts-title">{t("screen.transcripts.title")}</h2>
			<p>{t("screen.transcripts.lead")}</p>
			{possible && may("listen") && !busy && (
				<Button className="button" onPress={() => void start()}>
					{t("screen.transcripts.start")}
				</Button>
			)}
			{busy && (
				<p role="status">
					{job?.state === "waiting"
						? t("screen.transcripts.waiting")
						: t("screen.transcripts.running", {
								share: Math.floor((job?.share ?? 0) * 100),
							})}
				</p>
			)}
			{reason !== undefined && (
				<Note kind="bad">
					{t(
						(known(reason) ? reason : "error.transcription_failed") as Key,
					)}
				</Note>
			)}
			{error !== undefined && <ErrorNote error={error} retry={start} />}
			{transcripts.map((one) => (
				<article key={one.at}>
					<h3>
						{t("screen.transcripts.engine", {
							engine: one.engine,
							at: wall(one.at, lang, true),
							by: one.by,
						})}
					</h3>
					{one.lines.length === 0 && <p>{t("screen.transcripts.empty")}</p>}
					<ol className="transcript">
						{one.lines.map((l) => (
							<li key={`${l.party}${l.from_ms}`}>
								<span className="quiet">{callTime(l.from_ms)}</span>{" "}
								<strong>{t(`party.${l.party}`)}</strong> {l.text}
							</li>
						))}
					</ol>
				</article>
			))}
		</section>
	);
}
