import { useInfiniteQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import { Link, useLocation } from "wouter";
import { searchCalls } from "../client";
import { ask } from "../lib/api";
import { callTime, fromTokyo, tokyoDay, wall } from "../lib/format";
import {
	type CallFilter,
	type CallRow,
	categories,
	levels,
} from "../lib/model";
import { levelOfPast } from "../lib/order";
import { useTexts } from "../lib/texts";
import { Field } from "../parts/field";
import { LevelBadge } from "../parts/level";
import { Empty, ErrorNote, Loading } from "../parts/note";
import { useNumber } from "../parts/number";
import { Page } from "../parts/page";

interface Typed {
	level: string;
	category: string;
	number: string;
	words: string;
	from: string;
	to: string;
}

const nothing: Typed = {
	level: "",
	category: "",
	number: "",
	words: "",
	from: "",
	to: "",
};

/** The filter as the API wants it. The number and the words stay as typed; the office folds them. */
export function filterOf(f: Typed): CallFilter {
	return {
		limit: 50,
		level: levels.find((l) => l === f.level),
		category: categories.find((c) => c === f.category),
		number: f.number.normalize("NFKC").trim() || undefined,
		words: f.words.trim() || undefined,
		from: f.from ? fromTokyo(f.from) : undefined,
		to: f.to ? fromTokyo(tokyoDay(new Date(fromTokyo(f.to)), 1)) : undefined,
	};
}

export function PastPage() {
	const { t } = useTexts();
	const [typed, setTyped] = useState(nothing);
	const [filter, setFilter] = useState<CallFilter>({ limit: 50 });
	const found = useInfiniteQuery({
		queryKey: ["calls", filter],
		queryFn: ({ pageParam }) =>
			ask(searchCalls({ body: { ...filter, cursor: pageParam || undefined } })),
		initialPageParam: "",
		getNextPageParam: (last) => last.next || undefined,
	});
	const calls = found.data?.pages.flatMap((p) => p.calls) ?? [];
	const set = (name: keyof Typed) => (e: { target: { value: string } }) =>
		setTyped({ ...typed, [name]: e.target.value });
	const submit = (e: FormEvent) => {
		e.preventDefault();
		setFilter(filterOf(typed));
	};

	return (
		<Page title={t("screen.past.title")} lead={t("screen.past.lead")}>
			<form
				className="panel filter"
				onSubmit={submit}
				aria-label={t("screen.past.filter")}
				role="search"
			>
				<Field label={t("screen.past.level")}>
					{(p) => (
						<select {...p} value={typed.level} onChange={set("level")}>
							<option value="">{t("screen.past.all")}</option>
							{levels.map((l) => (
								<option key={l} value={l}>
									{t(`level.${l}`)}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label={t("screen.past.category")}>
					{(p) => (
						<select {...p} value={typed.category} onChange={set("category")}>
							<option value="">{t("screen.past.all")}</option>
							{categories.map((c) => (
								<option key={c} value={c}>
									{t(`category.${c}`)}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label={t("screen.past.number")}>
					{(p) => (
						<input
							{...p}
							inputMode="tel"
							autoComplete="off"
							value={typed.number}
							onChange={set("number")}
						/>
					)}
				</Field>
				<Field label={t("screen.past.words")}>
					{(p) => (
						<input
							{...p}
							autoComplete="off"
							value={typed.words}
							onChange={set("words")}
						/>
					)}
				</Field>
				<Field label={t("screen.past.from")}>
					{(p) => (
						<input
							{...p}
							type="date"
							value={typed.from}
							onChange={set("from")}
						/>
					)}
				</Field>
				<Field label={t("screen.past.to")}>
					{(p) => (
						<input {...p} type="date" value={typed.to} onChange={set("to")} />
					)}
				</Field>
				<div className="row filter-do">
					<Button type="submit" className="button primary">
						{t("screen.past.search")}
					</Button>
					<Button
						className="button"
						onPress={() => {
							setTyped(nothing);
							setFilter({ limit: 50 });
						}}
					>
						{t("screen.past.clear")}
					</Button>
				</div>
			</form>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending ? (
				<Loading />
			) : !found.data ? null : calls.length === 0 ? (
				<Empty title={t("screen.past.empty.title")}>
					<p>{t("screen.past.empty.text")}</p>
				</Empty>
			) : (
				<>
					<p className="quiet" role="status">
						{t("screen.past.count", { n: calls.length })}
					</p>
					<PastTable calls={calls} />
					{found.hasNextPage && (
						<Button
							className="button wide"
							onPress={() => void found.fetchNextPage()}
							isDisabled={found.isFetchingNextPage}
						>
							{found.isFetchingNextPage
								? t("screen.loading")
								: t("screen.past.more")}
						</Button>
					)}
				</>
			)}
		</Page>
	);
}

function PastTable({ calls }: { calls: CallRow[] }) {
	const { t, lang } = useTexts();
	const number = useNumber();
	const [, go] = useLocation();
	return (
		<table className="table past">
			<caption className="visually-hidden">{t("screen.past.title")}</caption>
			<thead>
				<tr>
					<th scope="col">{t("screen.past.col.began")}</th>
					<th scope="col">{t("screen.past.col.caller")}</th>
					<th scope="col">{t("screen.past.col.duration")}</th>
					<th scope="col">{t("screen.past.col.peak")}</th>
					<th scope="col">{t("screen.past.col.categories")}</th>
					<th scope="col">{t("screen.past.col.stage")}</th>
					<th scope="col">{t("screen.past.col.end")}</th>
					<th scope="col">{t("screen.past.col.seal")}</th>
				</tr>
			</thead>
			<tbody>
				{calls.map((c) => {
					const at = wall(c.began, lang);
					const from = number(c.from);
					return (
						<tr
							key={c.id}
							onClick={(e) => {
								if (!(e.target instanceof HTMLElement && e.target.closest("a")))
									go(`/past/${c.id}`);
							}}
						>
							<td data-label={t("screen.past.col.began")}>
								<Link
									href={`/past/${c.id}`}
									aria-label={t("screen.past.open_for", { at, number: from })}
								>
									{at}
								</Link>
							</td>
							<td data-label={t("screen.past.col.caller")}>
								<span className="number">{from}</span>{" "}
								<span className="quiet">→ {number(c.to)}</span>
							</td>
							<td data-label={t("screen.past.col.duration")} className="num">
								{callTime(c.duration_ms)}
							</td>
							<td data-label={t("screen.past.col.peak")}>
								<LevelBadge level={c.peak} name={levelOfPast(c)} />
							</td>
							<td data-label={t("screen.past.col.categories")}>
								{c.categories.length > 0
									? c.categories.map((k) => (
											<span key={k} className="tag">
												{t(`category.${k}`)}
											</span>
										))
									: t("screen.none")}
							</td>
							<td data-label={t("screen.past.col.stage")}>
								{t(`stage.${c.stage}`)}
							</td>
							<td data-label={t("screen.past.col.end")}>
								{c.ended_by
									? t("screen.past.end", {
											by: `@ended_by.${c.ended_by}`,
											why: `@ended.${c.ended_why || "unknown"}`,
										})
									: "–"}
							</td>
							<td
								data-label={t("screen.past.col.seal")}
								className={`seal ${c.state}`}
							>
								{t(`state.${c.state}`)}
							</td>
						</tr>
					);
				})}
			</tbody>
		</table>
	);
}
