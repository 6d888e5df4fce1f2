import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { listTrail } from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import { useTexts } from "../lib/texts";
import { Empty, ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";

export function TrailPage() {
	const { t, say, lang } = useTexts();
	const found = useInfiniteQuery({
		queryKey: ["trail"],
		queryFn: ({ pageParam }) =>
			ask(listTrail({ query: { limit: 100, before: pageParam || undefined } })),
		initialPageParam: 0,
		getNextPageParam: (last) => last.next || undefined,
		staleTime: 0,
	});
	const first = found.data?.pages[0];
	const entries = found.data?.pages.flatMap((p) => p.entries) ?? [];
	return (
		<Page title={t("screen.trail.title")} lead={t("screen.trail.lead")}>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending && <Loading />}
			{found.data && (
				<>
					{first?.whole ? (
						<Note kind="good">{t("screen.trail.whole")}</Note>
					) : (
						<Note kind="bad">
							{t("screen.trail.broken", { n: first?.broken ?? 0 })}
						</Note>
					)}
					{entries.length === 0 && <Empty title={t("screen.trail.empty")} />}
					{entries.length > 0 && (
						<table className="table trail">
							<caption className="visually-hidden">
								{t("screen.trail.title")}
							</caption>
							<thead>
								<tr>
									<th scope="col">{t("screen.trail.col.at")}</th>
									<th scope="col">{t("screen.trail.col.by")}</th>
									<th scope="col">{t("screen.trail.col.what")}</th>
									<th scope="col">{t("screen.trail.col.subject")}</th>
									<th scope="col">{t("screen.trail.col.detail")}</th>
								</tr>
							</thead>
							<tbody>
								{entries.map((e) => (
									<tr key={e.seq}>
										<td data-label={t("screen.trail.col.at")}>
											{wall(e.at, lang, true)}
										</td>
										<td data-label={t("screen.trail.col.by")}>
											{e.by || t("screen.trail.machine")}
										</td>
										<td data-label={t("screen.trail.col.what")}>
											{say(e.what)}
										</td>
										<td data-label={t("screen.trail.col.subject")}>
											<code>{e.subject}</code>
										</td>
										<td data-label={t("screen.trail.col.detail")}>
											{e.detail}
										</td>
									</tr>
								))}
							</tbody>
						</table>
					)}
					{found.hasNextPage && (
						<Button
							className="button wide"
							onPress={() => void found.fetchNextPage()}
						>
							{t("screen.past.more")}
						</Button>
					)}
				</>
			)}
		</Page>
	);
}
