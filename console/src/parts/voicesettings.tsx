import { useState } from "react";
import {
	Button,
	Dialog,
	DialogTrigger,
	Heading,
	Modal,
	ModalOverlay,
} from "react-aria-components";
import { approveVoices, askVoices, voicesOff } from "../client";
import { ask, queries } from "../lib/api";
import { wall } from "../lib/format";
import type { SettingsView } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";

/** Whether voices are registered: one person asks, another approves, and one is enough to end it. */
export function VoiceSettings({ settings }: { settings: SettingsView }) {
	const { t, lang } = useTexts();
	const { may } = useSession();
	const { voice, version } = settings;
	const [purpose, setPurpose] = useState(voice.purpose ?? "");
	const [days, setDays] = useState(String(voice.days ?? 180));
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const changed =
		purpose.trim() !== (voice.purpose ?? "") || Number(days) !== voice.days;
	const run = async (answer: Promise<SettingsView>) => {
		setBusy(true);
		setError(undefined);
		try {
			queries.setQueryData(["settings"], await answer);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<section className="panel form" aria-labelledby="voices-title">
			<h2 id="voices-title">{t("screen.voices.title")}</h2>
			<p className="help">{t("screen.voices.lead")}</p>
			<p className="help">{t("screen.voices.weak")}</p>
			{!voice.ready && <Note kind="warn">{t("error.voice_key")}</Note>}
			<dl className="dl">
				<dt>{t("screen.voices.state")}</dt>
				<dd>
					<strong>
						{t(voice.on ? "screen.voices.state.on" : "screen.voices.state.off")}
					</strong>
				</dd>
				{voice.on && (
					<>
						<dt>{t("screen.voices.purpose")}</dt>
						<dd>
							{voice.purpose}
							<br />
							{t("screen.voices.people", {
								asked: voice.asked_by ?? "",
								approved: voice.approved_by ?? "",
								at: wall(voice.approved_at ?? "", lang),
							})}
						</dd>
						<dt>{t("screen.voices.days")}</dt>
						<dd>{t("screen.voices.days.value", { n: voice.days ?? 0 })}</dd>
						<dt>{t("screen.voices.registered")}</dt>
						<dd>{voice.registered}</dd>
					</>
				)}
				{voice.waiting && (
					<>
						<dt>{t("screen.voices.waiting")}</dt>
						<dd>
							{voice.waiting.purpose} (
							{t("screen.voices.days.value", { n: voice.waiting.days })})
							<br />
							{t("screen.voices.waiting.by", {
								name: voice.waiting.by,
								at: wall(voice.waiting.at, lang),
							})}
						</dd>
					</>
				)}
			</dl>
			{voice.waiting && may("approve_voices") && (
				<div className="row">
					<Button
						className="button primary"
						isDisabled={busy || !voice.waiting.may_approve}
						onPress={() => void run(ask(approveVoices({ body: { version } })))}
					>
						{t("screen.voices.approve")}
					</Button>
					{!voice.waiting.may_approve && (
						<p className="quiet">{t("screen.voices.approve.own")}</p>
					)}
				</div>
			)}
			{may("change_settings") && (
				<>
					<Field label={t("screen.voices.purpose")}>
						{(p) => (
							<textarea
								{...p}
								rows={3}
								maxLength={2000}
								value={purpose}
								onChange={(e) => setPurpose(e.target.value)}
							/>
						)}
					</Field>
					<Field label={t("screen.voices.days")}>
						{(p) => (
							<input
								{...p}
								type="number"
								min={1}
								max={180}
								value={days}
								onChange={(e) => setDays(e.target.value)}
							/>
						)}
					</Field>
				</>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				{may("change_settings") && (
					<Button
						className="button"
						isDisabled={busy || !voice.ready || !changed || !purpose.trim()}
						onPress={() =>
							void run(
								ask(
									askVoices({
										body: { version, purpose: purpose.trim(), days: Number(days) },
									}),
								),
							)
						}
					>
						{t(voice.on ? "screen.voices.ask.change" : "screen.voices.ask")}
					</Button>
				)}
				{(voice.on || voice.waiting) && may("approve_voices") && (
					<TurnOff
						busy={busy}
						onOff={() => void run(ask(voicesOff({ body: { version } })))}
					/>
				)}
			</div>
		</section>
	);
}

/** Asks before everything that is registered is erased. */
function TurnOff({ busy, onOff }: { busy: boolean; onOff: () => void }) {
	const { t } = useTexts();
	return (
		<DialogTrigger>
			<Button className="button" isDisabled={busy}>
				{t("screen.voices.off")}
			</Button>
			<ModalOverlay className="overlay" isDismissable>
				<Modal className="modal">
					<Dialog>
						{({ close }) => (
							<div className="form">
								<Heading slot="title">{t("screen.voices.off.title")}</Heading>
								<p>{t("screen.voices.off.text")}</p>
								<div className="row end">
									<Button className="button" onPress={close}>
										{t("screen.cancel")}
									</Button>
									<Button
										className="button primary"
										onPress={() => {
											close();
											onOff();
										}}
									>
										{t("screen.voices.off")}
									</Button>
								</div>
							</div>
						)}
					</Dialog>
				</Modal>
			</ModalOverlay>
		</DialogTrigger>
	);
}
