import { type FormEvent, useEffect, useState } from "react";
import { Button, Input, Label, TextField } from "react-aria-components";
import { logIn } from "../client";
import { ask } from "../lib/api";
import type { Me } from "../lib/model";
import { useTexts } from "../lib/texts";
import { LanguageSwitch } from "../parts/language";
import { ErrorNote } from "../parts/note";

export function LogInPage({ onEntered }: { onEntered: (me: Me) => void }) {
	const { t } = useTexts();
	const [login, setLogin] = useState("");
	const [password, setPassword] = useState("");
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	useEffect(() => {
		document.title = `${t("screen.login.title")} – ${t("screen.product")}`;
	}, [t]);

	const submit = async (e: FormEvent) => {
		e.preventDefault();
		setBusy(true);
		setError(undefined);
		try {
			onEntered(await ask(logIn({ body: { login, password } })));
		} catch (problem) {
			setError(problem);
			setPassword("");
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
				<p className="brand">
					<img src="/icon.svg" alt="" width="40" height="40" />
					<span>{t("screen.product")}</span>
				</p>
				<h1>{t("screen.login.title")}</h1>
				<p className="lead">{t("screen.login.lead")}</p>
				<form onSubmit={submit} className="form">
					<TextField
						isRequired
						value={login}
						onChange={setLogin}
						autoComplete="username"
						autoFocus
					>
						<Label>{t("screen.login.name")}</Label>
						<Input name="login" autoCapitalize="none" spellCheck="false" />
					</TextField>
					<TextField
						isRequired
						type="password"
						value={password}
						onChange={setPassword}
						autoComplete="current-password"
					>
						<Label>{t("screen.login.password")}</Label>
						<Input name="password" />
					</TextField>
					{error !== undefined && <ErrorNote error={error} />}
					<Button
						type="submit"
						className="button primary wide"
						isDisabled={busy}
					>
						{busy ? t("screen.login.busy") : t("screen.login.submit")}
					</Button>
				</form>
			</main>
		</div>
	);
}
