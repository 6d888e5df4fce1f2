import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button, Switch } from "react-aria-components";
import { getSettings, putSettings } from "../client";
import { ask, queries } from "../lib/api";
import { wall } from "../lib/format";
import type { Preset, SettingsView } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Careful } from "../parts/careful";
import { CcajTypes } from "../parts/ccaj";
import { ClosedDays } from "../parts/closed";
import { Criteria } from "../parts/criteria";
import { Desk } from "../parts/desk";
import { Field } from "../parts/field";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";
import { TypeCounts } from "../parts/typecounts";
import { VoiceSettings } from "../parts/voicesettings";

const presets: Preset[] = ["watch", "ask", "auto"];

export function SettingsPage() {
	const { t } = useTexts();
	const { may } = useSession();
	const found = useQuery({
		queryKey: ["settings"],
		queryFn: () => ask(getSettings()),
		staleTime: 0,
	});
	return (
		<Page title={t("screen.settings.title")} lead={t("screen.settings.lead")}>
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending && <Loading />}
			{found.data && (
				<div className="settings">
					{!may("change_settings") && (
						<Note kind="info">{t("screen.settings.readonly")}</Note>
					)}
					<RulesForm
						settings={found.data}
						locked={!may("change_settings")}
					/>
					<CcajTypes
						key={JSON.stringify(found.data.ccaj)}
						settings={found.data}
						locked={!may("change_settings")}
					/>
					<TypeCounts />
					<VoiceSettings
						key={`voices ${JSON.stringify(found.data.voice)}`}
						settings={found.data}
					/>
					<About settings={found.data} />
				</div>
			)}
		</Page>
	);
}

const sameRules = (a: SettingsView, b: SettingsView) =>
	JSON.stringify(a.rules) === JSON.stringify(b.rules);

/**
 * The rules in force and what somebody makes of them. What another one has saved meanwhile takes the place of an untouched
 * form; a changed one stays as it is, and saving it is refused.
 */
function RulesForm({
	settings: now,
	locked,
}: {
	settings: SettingsView;
	locked: boolean;
}) {
	const { t } = useTexts();
	const [settings, setSettings] = useState(now);
	const [rules, setRules] = useState(settings.rules);
	const [reason, setReason] = useState("");
	const [missing, setMissing] = useState(false);
	const [busy, setBusy] = useState(false);
	const [saved, setSaved] = useState(false);
	const [error, setError] = useState<unknown>();
	const turnsAuto = rules.preset === "auto" && settings.rules.preset !== "auto";
	const needsReason = turnsAuto && settings.auto_needs_reason;
	const changed = JSON.stringify(rules) !== JSON.stringify(settings.rules);
	const begin = (s: SettingsView) => {
		setSettings(s);
		setRules(s.rules);
	};
	if (settings !== now && (!changed || sameRules(settings, now))) {
		setSettings(now);
		if (!changed) setRules(now.rules);
	}
	const change = (part: Partial<typeof rules>) => {
		setSaved(false);
		setRules({ ...rules, ...part });
	};
	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setMissing(needsReason && !reason.trim());
		if (needsReason && !reason.trim()) return;
		setBusy(true);
		setError(undefined);
		try {
			const body = {
				version: settings.version,
				rules,
				reason: reason.trim() || undefined,
			};
			const fresh = await ask(putSettings({ body }));
			setSaved(true);
			setReason("");
			begin(fresh);
			queries.setQueryData(["settings"], fresh);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	const number = (text: string, standard: number) =>
		text === "" || Number.isNaN(Number(text)) ? standard : Number(text);

	return (
		<form className="form" onSubmit={submit} noValidate>
			<fieldset className="panel presets" disabled={locked}>
				<legend>
					<h2>{t("screen.settings.preset")}</h2>
				</legend>
				{presets.map((p) => (
					<label
						key={p}
						className={`preset${rules.preset === p ? " chosen" : ""}`}
					>
						<input
							type="radio"
							name="preset"
							value={p}
							checked={rules.preset === p}
							onChange={() => change({ preset: p })}
						/>
						<span>
							<strong>{t(`preset.${p}`)}</strong>
							<span className="help">
								{t(`screen.settings.preset.${p}.help`)}
							</span>
						</span>
					</label>
				))}
				{needsReason && (
					<Field
						label={
							<>
								{t("screen.settings.reason")}{" "}
								<span className="tag">{t("screen.required")}</span>
							</>
						}
						help={t("screen.settings.reason.help")}
					>
						{(p) => (
							<textarea
								{...p}
								rows={2}
								maxLength={1000}
								required
								value={reason}
								onChange={(e) => setReason(e.target.value)}
							/>
						)}
					</Field>
				)}
				{missing && (
					<Note kind="bad" live>
						{t("screen.settings.need_reason")}
					</Note>
				)}
			</fieldset>
			<fieldset className="panel" disabled={locked}>
				<legend>
					<h2>{t("screen.settings.safety")}</h2>
				</legend>
				<Switch
					className="switch"
					isDisabled={locked}
					isSelected={rules.life_line}
					onChange={(on) => change({ life_line: on })}
				>
					<span className="track" aria-hidden="true" />
					{t("screen.settings.life_line")}
				</Switch>
				<Switch
					className="switch"
					isDisabled={locked}
					isSelected={rules.public_body}
					onChange={(on) => change({ public_body: on })}
				>
					<span className="track" aria-hidden="true" />
					{t("screen.settings.public")}
				</Switch>
				{!rules.public_body && (
					<Switch
						className="switch"
						isDisabled={locked}
						isSelected={rules.refuse_silently ?? false}
						onChange={(on) => change({ refuse_silently: on })}
					>
						<span className="track" aria-hidden="true" />
						{t("screen.settings.refuse_silently")}
					</Switch>
				)}
				<Field
					label={t("screen.settings.team")}
					help={t("screen.settings.team.help")}
				>
					{(p) => (
						<input
							{...p}
							maxLength={32}
							autoComplete="off"
							value={rules.team ?? ""}
							onChange={(e) => change({ team: e.target.value })}
						/>
					)}
				</Field>
				<div className="two">
					<Field
						label={t("screen.settings.cap")}
						help={t("screen.settings.cap.help", { n: settings.cuts_today })}
					>
						{(p) => (
							<input
								{...p}
								type="number"
								min={0}
								max={100}
								value={rules.cut_cap}
								onChange={(e) => change({ cut_cap: number(e.target.value, 0) })}
							/>
						)}
					</Field>
					<Field label={t("screen.settings.hours")}>
						{(p) => (
							<input
								{...p}
								type="number"
								min={1}
								max={96}
								value={rules.limit_hours}
								onChange={(e) =>
									change({ limit_hours: number(e.target.value, 1) })
								}
							/>
						)}
					</Field>
				</div>
			</fieldset>
			<fieldset className="panel" disabled={locked}>
				<legend>
					<h2>{t("screen.settings.review")}</h2>
				</legend>
				<Desk list={rules.desk ?? []} onChange={(desk) => change({ desk })} />
				<ClosedDays
					list={rules.closed ?? []}
					locked={locked}
					onChange={(closed) => change({ closed })}
				/>
			</fieldset>
			<Careful
				list={rules.careful ?? []}
				locked={locked}
				onChange={(careful) => change({ careful })}
			/>
			<Criteria
				list={rules.criteria ?? []}
				locked={locked}
				onChange={(criteria) => change({ criteria })}
			/>
			{error !== undefined && <ErrorNote error={error} />}
			{!locked && (
				<div className="row">
					<Button
						type="submit"
						className="button primary"
						isDisabled={busy || !changed}
					>
						{t("screen.settings.save")}
					</Button>
					<p role="status" className="quiet">
						{changed
							? ""
							: saved
								? t("screen.settings.saved")
								: t("screen.settings.unchanged")}
					</p>
				</div>
			)}
		</form>
	);
}

/** What is in force and can't be changed here. */
function About({ settings: s }: { settings: SettingsView }) {
	const { t, lang } = useTexts();
	const th = s.thresholds;
	const seconds = (ms: number) =>
		t("screen.settings.seconds", { n: ms / 1000 });
	return (
		<>
			<section className="panel" aria-labelledby="about-title">
				<h2 id="about-title">{t("screen.settings.about")}</h2>
				<p>
					{t("screen.settings.version", { n: s.version })} /{" "}
					{s.author
						? t("screen.settings.author", {
								name: s.author,
								at: wall(s.at, lang),
							})
						: t("screen.settings.shipped")}
				</p>
				<p>
					{t("screen.settings.lexicon")}: <code>{s.lexicon}</code>
				</p>
			</section>
			<section className="panel" aria-labelledby="th-title">
				<h2 id="th-title">{t("screen.settings.thresholds")}</h2>
				<dl className="dl wide-dt">
					<dt>{t("screen.settings.th.apart")}</dt>
					<dd>{seconds(th.apart_ms)}</dd>
					<dt>{t("screen.settings.th.pair")}</dt>
					<dd>{seconds(th.pair_ms)}</dd>
					<dt>{t("screen.settings.th.decay")}</dt>
					<dd>{t("screen.settings.minutes", { n: th.decay_ms / 60000 })}</dd>
					<dt>{t("screen.settings.th.stalemate")}</dt>
					<dd>
						{th.stalemate_min
							.map((n) => t("screen.settings.minutes", { n }))
							.join(" / ")}
					</dd>
					<dt>{t("screen.settings.th.repeat")}</dt>
					<dd>
						{th.on_matter_calls
							.map((n) => t("screen.settings.calls", { n }))
							.join(" / ")}
					</dd>
					<dt>{t("screen.settings.th.phrase")}</dt>
					<dd>{Math.round(th.phrase_sure * 100)}%</dd>
				</dl>
			</section>
		</>
	);
}
