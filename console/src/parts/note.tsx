import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { ApiError } from "../lib/api";
import { useTexts } from "../lib/texts";

/** Something that must be read: what kind it is stands in a sign as well as in the colour. */
export function Note({
	kind,
	children,
	live,
}: {
	kind: "info" | "good" | "warn" | "bad";
	children: ReactNode;
	live?: boolean;
}) {
	const sign = { info: "i", good: "✓", warn: "!", bad: "×" }[kind];
	return (
		<div
			className={`note ${kind}`}
			role={live ? (kind === "bad" ? "alert" : "status") : undefined}
		>
			<span className="sign" aria-hidden="true">
				{sign}
			</span>
			<div>{children}</div>
		</div>
	);
}

/** Gives the sentence of an error with the number under which it stands in the log. */
export function useErrorText() {
	const { t, say } = useTexts();
	return (error: unknown): string => {
		if (!(error instanceof ApiError)) return t("screen.error.unknown");
		const id = error.errorId
			? ` (${t("screen.error_id", { id: error.errorId })})`
			: "";
		return say(error.key) + id;
	};
}

export function ErrorNote({
	error,
	retry,
}: {
	error: unknown;
	retry?: () => void;
}) {
	const { t } = useTexts();
	const errorText = useErrorText();
	return (
		<Note kind="bad" live>
			<p>{errorText(error)}</p>
			{retry && (
				<Button className="button" onPress={retry}>
					{t("screen.retry")}
				</Button>
			)}
		</Note>
	);
}

export function Loading() {
	const { t } = useTexts();
	return (
		<p className="loading" role="status">
			{t("screen.loading")}
		</p>
	);
}

export function Empty({
	title,
	children,
}: {
	title: string;
	children?: ReactNode;
}) {
	return (
		<div className="empty">
			<p className="empty-title">{title}</p>
			{children}
		</div>
	);
}
