import { type FormEvent, useState } from "react";
import { Button, Heading } from "react-aria-components";
import { proposeLimit } from "../client";
import { ask } from "../lib/api";
import { toE164 } from "../lib/format";
import { useLive } from "../lib/feed";
import type { LimitView } from "../lib/model";
import { useSession } from "../lib/session";
import { useTexts } from "../lib/texts";
import { Field } from "./field";
import { ErrorNote, Note } from "./note";

const takes = ["team", "voicebot", "message", "refuse", "candidate"] as const;
const withholdings = ["withheld", "payphone", "out_of_area", "unknown"] as const;
type Withholding = (typeof withholdings)[number];

/** What ends an entry: lifting a limit or a proposal, putting a suggestion of the machine aside. */
export const endings = {
	lift: {
		press: "screen.limits.lift",
		title: "screen.limits.lift.title",
		reason: "screen.limits.lift.reason",
	},
	dismiss: {
		press: "screen.limits.dismiss",
		title: "screen.limits.dismiss.title",
		reason: "screen.limits.dismiss.reason",
	},
} as const;

/** Asks for the reason for which an entry ends. */
export function LiftForm({
	ending,
	busy,
	error,
	onCancel,
	onLift,
}: {
	ending: (typeof endings)[keyof typeof endings];
	busy: boolean;
	/** Why it could not be done the last time. */
	error: unknown;
	onCancel: () => void;
	onLift: (reason: string) => Promise<void>;
}) {
	const { t } = useTexts();
	const [reason, setReason] = useState("");
	return (
		<form
			className="form"
			onSubmit={(e) => {
				e.preventDefault();
				if (reason.trim()) void onLift(reason.trim());
			}}
		>
			<Heading slot="title">{t(ending.title)}</Heading>
			<Field label={t(ending.reason)}>
				{(p) => (
					<textarea
						{...p}
						required
						rows={3}
						maxLength={1000}
						value={reason}
						onChange={(e) => setReason(e.target.value)}
					/>
				)}
			</Field>
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row end">
				<Button className="button" onPress={onCancel}>
					{t("screen.cancel")}
				</Button>
				<Button
					type="submit"
					className="button primary"
					isDisabled={busy || !reason.trim()}
				>
					{t(ending.press)}
				</Button>
			</div>
		</form>
	);
}

/** Proposes a limit, for the caller of a call or for a number. */
export function Proposal({
	call,
	onCancel,
	onSent,
}: {
	call: string;
	onCancel: () => void;
	onSent: (l: LimitView) => void;
}) {
	const { t } = useTexts();
	const { feed } = useSession();
	const voices = useLive(feed).settings?.voices ?? false;
	const [voice, setVoice] = useState(false);
	const [number, setNumber] = useState("");
	const [withheld, setWithheld] = useState<Withholding | "">("");
	const [matter, setMatter] = useState("");
	const [take, setTake] = useState<(typeof takes)[number]>("voicebot");
	const [days, setDays] = useState("30");
	const [reason, setReason] = useState("");
	const [elsewhere, setElsewhere] = useState("");
	const [dialogue, setDialogue] = useState("");
	const [invalid, setInvalid] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const alone = take === "candidate";
	const mismatch =
		withheld !== "" && take === "refuse"
			? "screen.limits.form.scope.no_refusal"
			: matter.trim() !== "" && take !== "team" && take !== "voicebot"
				? "screen.limits.form.matter.take"
				: undefined;
	const submit = async (e: FormEvent) => {
		e.preventDefault();
		const n = Number(days);
		const wrong =
			(!call && !withheld && !toE164(number)) ||
			!reason.trim() ||
			!elsewhere.trim() ||
			!(n >= 1 && n <= 180);
		setInvalid(wrong);
		if (wrong || mismatch) return;
		setBusy(true);
		setError(undefined);
		try {
			const who = call
				? { call }
				: withheld
					? { withheld }
					: { number: toE164(number) };
			onSent(
				await ask(
					proposeLimit({
						body: {
							...who,
							voice: alone || voice || undefined,
							matter: matter.trim() || undefined,
							take,
							days: n,
							reason: reason.trim(),
							elsewhere: elsewhere.trim(),
							dialogue: dialogue.trim() || undefined,
						},
					}),
				),
			);
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};
	return (
		<form
			className="panel form proposal"
			onSubmit={submit}
			noValidate
			aria-labelledby="new-title"
		>
			<h2 id="new-title">{t("screen.limits.new")}</h2>
			{call ? (
				<p>
					{alone ? (
						t("screen.limits.form.voice.alone")
					) : (
						<>
							{t("screen.limits.form.number")}:{" "}
							<strong>{t("screen.limits.form.number.call")}</strong>
						</>
					)}
				</p>
			) : (
				<div className="two">
					<Field label={t("screen.limits.form.scope")}>
						{(p) => (
							<select
								{...p}
								value={withheld}
								onChange={(e) =>
									setWithheld(
										withholdings.find((x) => x === e.target.value) ?? "",
									)
								}
							>
								<option value="">{t("screen.limits.form.scope.number")}</option>
								{withholdings.map((x) => (
									<option key={x} value={x}>
										{t("screen.limits.scope", { kind: t(`withheld.${x}`) })}
									</option>
								))}
							</select>
						)}
					</Field>
					{withheld ? (
						<Note kind="info">{t("screen.limits.form.scope.everybody")}</Note>
					) : (
						<Field
							label={t("screen.limits.form.number")}
							help={t("screen.limits.form.number.help")}
						>
							{(p) => (
								<input
									{...p}
									inputMode="tel"
									autoComplete="off"
									value={number}
									onChange={(e) => setNumber(e.target.value)}
								/>
							)}
						</Field>
					)}
				</div>
			)}
			<div className="two">
				<Field label={t("screen.limits.form.take")}>
					{(p) => (
						<select
							{...p}
							value={take}
							onChange={(e) =>
								setTake(takes.find((x) => x === e.target.value) ?? "voicebot")
							}
						>
							{takes
								.filter((x) => x !== "candidate" || (call && voices))
								.map((x) => (
								<option key={x} value={x}>
									{t(`take.${x}`)}
								</option>
							))}
						</select>
					)}
				</Field>
				<Field label={t("screen.limits.form.days")}>
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
			</div>
			{call && voices && (
				<div>
					<div className="ticks">
					<label>
						<input
							type="checkbox"
							name="voice"
							checked={alone || voice}
							disabled={alone}
							aria-describedby="voice-help"
							onChange={(e) => setVoice(e.target.checked)}
						/>{" "}
						{t("screen.limits.form.voice")}
					</label>
					</div>
					<p className="help" id="voice-help">
						{t("screen.limits.form.voice.help")}
					</p>
				</div>
			)}
			<Field
				label={t("screen.limits.form.matter")}
				help={t("screen.limits.form.matter.help")}
			>
				{(p) => (
					<input
						{...p}
						maxLength={200}
						value={matter}
						onChange={(e) => setMatter(e.target.value)}
					/>
				)}
			</Field>
			<Field label={t("screen.limits.form.reason")}>
				{(p) => (
					<textarea
						{...p}
						rows={3}
						maxLength={1000}
						value={reason}
						onChange={(e) => setReason(e.target.value)}
					/>
				)}
			</Field>
			<Field label={t("screen.limits.form.elsewhere")}>
				{(p) => (
					<input
						{...p}
						maxLength={500}
						value={elsewhere}
						onChange={(e) => setElsewhere(e.target.value)}
					/>
				)}
			</Field>
			<Field label={t("screen.limits.form.dialogue")}>
				{(p) => (
					<textarea
						{...p}
						rows={2}
						maxLength={2000}
						value={dialogue}
						onChange={(e) => setDialogue(e.target.value)}
					/>
				)}
			</Field>
			{mismatch && (
				<Note kind="bad" live>
					{t(mismatch)}
				</Note>
			)}
			{invalid && (
				<Note kind="bad" live>
					{t("screen.limits.form.invalid")}
				</Note>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row">
				<Button type="submit" className="button primary" isDisabled={busy}>
					{t("screen.limits.form.submit")}
				</Button>
				<Button className="button" onPress={onCancel}>
					{t("screen.cancel")}
				</Button>
			</div>
		</form>
	);
}
