import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "react-aria-components";
import {
	type IncidentView,
	officialTypes,
	stateTypes,
	type Types,
} from "../client";
import { ask } from "../lib/api";
import { wall } from "../lib/format";
import { type Key, useTexts } from "../lib/texts";
import { ErrorNote, Loading } from "./note";

/** The lists in which reports are asked for, in the order of the screen. */
export const lists = ["mhlw2026", "mhlw9", "tokyo", "ccaj"] as const;
export type List = (typeof lists)[number];

export const noTypes = (): Types => ({
	mhlw2026: [],
	mhlw9: [],
	tokyo: [],
	ccaj: [],
});

/** The words of a type: of the CCAJ guideline they are the centre's own. */
export function useTypeName() {
	const { t } = useTexts();
	return (list: List, type: string) =>
		list === "ccaj" ? type : t(`type.${type}` as Key);
}

/** The types of every list as they are, with counts of the cases that were closed in a period. */
export function useTypes(period: { from?: string; to?: string } = {}) {
	return useQuery({
		queryKey: ["types", period],
		queryFn: () => ask(officialTypes({ query: period })),
	});
}

/** Boxes for the types of each list: what is proposed and what is ticked at first stands above, the rest is folded away. */
export function TypeBoxes({
	found,
	chosen,
	onChange,
}: {
	found: IncidentView;
	chosen: Types;
	onChange: (t: Types) => void;
}) {
	const { t } = useTexts();
	const name = useTypeName();
	const types = useTypes();
	const [first] = useState(chosen);
	if (types.isPending) return <Loading />;
	if (types.error)
		return (
			<ErrorNote error={types.error} retry={() => void types.refetch()} />
		);
	const all = types.data.lists;
	const box = (list: List, type: string) => {
		const gone = !all[list].includes(type);
		return (
			<label key={type}>
				<input
					type="checkbox"
					checked={chosen[list].includes(type)}
					onChange={(e) => {
						const rest = chosen[list].filter((x) => x !== type);
						onChange({
							...chosen,
							[list]: e.target.checked ? [...rest, type] : rest,
						});
					}}
				/>
				<span>
					{name(list, type)}
					{found.proposed?.[list].includes(type) && !gone && (
						<>
							{" "}
							<span className="tag">{t("screen.casetypes.proposed")}</span>
						</>
					)}
					{gone && (
						<>
							{" "}
							<span className="tag">{t("screen.casetypes.gone")}</span>
						</>
					)}
				</span>
			</label>
		);
	};
	return (
		<>
			{lists.map((list) => {
				const now = all[list];
				const above = (x: string) =>
					first[list].includes(x) || found.proposed?.[list].includes(x);
				const shown = [
					...now.filter(above),
					...first[list].filter((x) => !now.includes(x)),
				];
				const rest = now.filter((x) => !above(x));
				if (shown.length + rest.length === 0) return null;
				return (
					<fieldset key={list} className="types">
						<legend>{t(`screen.types.${list}`)}</legend>
						{shown.length === 0 && (
							<p className="quiet">{t("screen.types.none")}</p>
						)}
						{shown.map((x) => box(list, x))}
						{rest.length > 0 && (
							<details>
								<summary>
									{t("screen.casetypes.more", { n: rest.length })}
								</summary>
								{rest.map((x) => box(list, x))}
							</details>
						)}
					</fieldset>
				);
			})}
		</>
	);
}

/** The official types of a case that was closed as harassment: what a person has decided, or that nobody has; and the form to do so. */
export function CaseTypes({
	found,
	handle,
	busy,
	run,
}: {
	found: IncidentView;
	handle: boolean;
	busy: boolean;
	run: (what: () => Promise<unknown>) => Promise<void>;
}) {
	const { t, lang } = useTexts();
	const name = useTypeName();
	const stated = found.types;
	return (
		<>
			<h3>{t("screen.casetypes.decided")}</h3>
			{stated ? (
				<>
					<dl>
						{lists.map((list) => (
							<div key={list}>
								<dt>{t(`screen.types.${list}`)}</dt>
								<dd>
									<strong>
										{stated.types[list]
											.map((x) => name(list, x))
											.join(lang === "ja" ? "、" : ", ") ||
											t("screen.types.none")}
									</strong>
								</dd>
							</div>
						))}
					</dl>
					<p className="quiet">
						{t("screen.casetypes.by", {
							name: stated.by,
							at: wall(stated.at, lang),
							n: stated.version,
						})}
					</p>
				</>
			) : (
				<p className="quiet">{t("screen.casetypes.undecided")}</p>
			)}
			{handle && stated && (
				<details className="sheet">
					<summary>{t("screen.casetypes.again")}</summary>
					<Stating key={stated.version} found={found} busy={busy} run={run} />
				</details>
			)}
			{handle && !stated && <Stating found={found} busy={busy} run={run} />}
		</>
	);
}

function Stating({
	found,
	busy,
	run,
}: {
	found: IncidentView;
	busy: boolean;
	run: (what: () => Promise<unknown>) => Promise<void>;
}) {
	const { t } = useTexts();
	const [chosen, setChosen] = useState<Types>(
		found.types?.types ?? found.proposed ?? noTypes(),
	);
	const submit = (e: FormEvent) => {
		e.preventDefault();
		void run(() =>
			ask(
				stateTypes({
					path: { id: found.id },
					body: { version: found.types?.version ?? 0, types: chosen },
				}),
			),
		);
	};
	return (
		<form className="form" onSubmit={submit} noValidate>
			<p className="help">{t("screen.casetypes.lead")}</p>
			<TypeBoxes found={found} chosen={chosen} onChange={setChosen} />
			<div className="row">
				<Button type="submit" className="button primary" isDisabled={busy}>
					{t("screen.casetypes.save")}
				</Button>
			</div>
		</form>
	);
}
