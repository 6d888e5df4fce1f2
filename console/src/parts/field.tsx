import { type ReactNode, useId } from "react";

/** A label with its field and, where it helps, a sentence below. */
export function Field({
	label,
	help,
	children,
}: {
	label: ReactNode;
	help?: ReactNode;
	children: (ids: { id: string; "aria-describedby"?: string }) => ReactNode;
}) {
	const id = useId();
	return (
		<div className="field">
			<label htmlFor={id}>{label}</label>
			{children({ id, "aria-describedby": help ? `${id}-help` : undefined })}
			{help && (
				<p className="help" id={`${id}-help`}>
					{help}
				</p>
			)}
		</div>
	);
}
