import { type ReactNode, useEffect, useRef } from "react";
import { useTexts } from "../lib/texts";

/** False until the first page has been shown: there the browser's own order holds, with the skip link first. */
let arrived = false;

/** A page: its name in the window's title, and the focus on its heading when one comes from another page. */
export function Page({
	title,
	lead,
	aside,
	children,
}: {
	title: string;
	lead?: ReactNode;
	aside?: ReactNode;
	children: ReactNode;
}) {
	const { t } = useTexts();
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		document.title = `${title} – ${t("screen.product")}`;
	}, [title, t]);
	useEffect(() => {
		if (arrived) heading.current?.focus({ preventScroll: true });
		arrived = true;
		window.scrollTo(0, 0);
	}, []);
	return (
		<>
			<div className="page-head">
				<div>
					<h1 ref={heading} tabIndex={-1}>
						{title}
					</h1>
					{lead && <p className="lead">{lead}</p>}
				</div>
				{aside}
			</div>
			{children}
		</>
	);
}
