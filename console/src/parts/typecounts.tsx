import { useState } from "react";
import { fromTokyo, tokyoDay } from "../lib/format";
import { useTexts } from "../lib/texts";
import { lists, useTypeName, useTypes } from "./casetypes";
import { Field } from "./field";
import { ErrorNote, Loading } from "./note";

/** How often each official type was proposed by the product and decided on by people. */
export function TypeCounts() {
	const { t } = useTexts();
	const name = useTypeName();
	const [from, setFrom] = useState("");
	const [to, setTo] = useState("");
	const period = {
		from: from ? fromTokyo(from) : undefined,
		to: to ? fromTokyo(tokyoDay(new Date(fromTokyo(to)), 1)) : undefined,
	};
	const found = useTypes(period);
	const asked = new URLSearchParams(
		Object.entries(period).filter((e): e is [string, string] => !!e[1]),
	).toString();
	const counts = found.data?.counts;
	const rows = (counts?.rows ?? []).filter((r) => r.proposed + r.stated > 0);
	return (
		<section className="panel form" aria-labelledby="typecounts-title">
			<h2 id="typecounts-title">{t("screen.typecounts.title")}</h2>
			<p className="help">{t("screen.typecounts.lead")}</p>
			<div className="two">
				<Field label={t("screen.typecounts.from")}>
					{(p) => (
						<input
							{...p}
							type="date"
							value={from}
							onChange={(e) => setFrom(e.target.value)}
						/>
					)}
				</Field>
				<Field label={t("screen.typecounts.to")}>
					{(p) => (
						<input
							{...p}
							type="date"
							value={to}
							onChange={(e) => setTo(e.target.value)}
						/>
					)}
				</Field>
			</div>
			{found.isPending && <Loading />}
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{counts && (
				<p>
					{t("screen.typecounts.sum", {
						closed: counts.closed,
						harassment: counts.harassment,
						stated: counts.stated,
					})}
				</p>
			)}
			{counts && rows.length === 0 && (
				<p className="quiet">{t("screen.typecounts.none")}</p>
			)}
			{lists.map((list) => {
				const mine = rows.filter((r) => r.list === list);
				return (
					mine.length > 0 && (
						<table key={list} className="tally">
							<caption>{t(`screen.types.${list}`)}</caption>
							<thead>
								<tr>
									<th scope="col">{t("screen.typecounts.type")}</th>
									<th scope="col">{t("screen.typecounts.proposed")}</th>
									<th scope="col">{t("screen.typecounts.stated")}</th>
									<th scope="col">{t("screen.typecounts.both")}</th>
								</tr>
							</thead>
							<tbody>
								{mine.map((r) => (
									<tr key={r.type}>
										<th scope="row">
											{name(list, r.type)}{" "}
											{r.gone && (
												<span className="tag">{t("screen.casetypes.gone")}</span>
											)}
										</th>
										<td className="num">{r.proposed}</td>
										<td className="num">{r.stated}</td>
										<td className="num">{r.both}</td>
									</tr>
								))}
							</tbody>
						</table>
					)
				);
			})}
			{rows.length > 0 && (
				<p className="quiet">{t("screen.typecounts.left_out")}</p>
			)}
			<div className="row">
				<a className="button" href={`/api/v1/types/export${asked && `?${asked}`}`} download>
					{t("screen.ccaj.export")}
				</a>
			</div>
		</section>
	);
}
