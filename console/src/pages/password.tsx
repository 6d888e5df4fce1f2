import { type FormEvent, useEffect, useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { changePassword } from "../client";
import { ask } from "../lib/api";
import { useTexts } from "../lib/texts";
import { LanguageSwitch } from "../parts/language";
import { ErrorNote, Note } from "../parts/note";

/** The first password is known to somebody else; nothing else opens before it is changed. */
export function PasswordPage({ onDone }: { onDone: () => void }) {
	const { t } = useTexts();
	const [old, setOld] = useState("");
	const [fresh, setFresh] = useState("");
	const [again, setAgain] = useState("");
	const [wrong, setWrong] = useState<"differ" | "short">();
	const [error, setError] = useState<unknown>();
	const [busy, setBusy] = useState(false);
	useEffect(() => {
		document.title = `${t("screen.password.title")} – ${t("screen.product")}`;
	}, [t]);

	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setError(undefined);
		const found =
			fresh !== again ? "differ" : fresh.length < 12 ? "short" : undefined;
		setWrong(found);
		if (found) return;
		setBusy(true);
		try {
			await ask(changePassword({ body: { old, new: fresh } }));
			onDone();
		} catch (problem) {
			setError(problem);
		} finally {
			setBusy(false);
		}
	};

	return (
		<div className="gate">
			<header className="gate-head">
				<LanguageSwitch />
			</header>
			<main className="gate-box">
				<h1>{t("screen.password.title")}</h1>
				<p className="lead">{t("screen.password.lead")}</p>
				<form onSubmit={submit} className="form">
					<TextField
						isRequired
						type="password"
						value={old}
						onChange={setOld}
						autoComplete="current-password"
						autoFocus
					>
						<Label>{t("screen.password.old")}</Label>
						<Input name="old" />
					</TextField>
					<TextField
						isRequired
						type="password"
						value={fresh}
						onChange={setFresh}
						autoComplete="new-password"
					>
						<Label>{t("screen.password.new")}</Label>
						<Input name="new" />
					</TextField>
					<TextField
						isRequired
						type="password"
						value={again}
						onChange={setAgain}
						autoComplete="new-password"
					>
						<Label>{t("screen.password.again")}</Label>
						<Input name="again" />
					</TextField>
					{wrong && (
						<Note kind="bad" live>
							{t(`screen.password.${wrong}`)}
						</Note>
					)}
					{error !== undefined && <ErrorNote error={error} />}
					<Button
						type="submit"
						className="button primary wide"
						isDisabled={busy}
					>
						{t("screen.password.submit")}
					</Button>
				</form>
			</main>
		</div>
	);
}
