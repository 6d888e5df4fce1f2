import { Link } from "wouter";
import { useTexts } from "../lib/texts";
import { Empty } from "../parts/note";
import { Page } from "../parts/page";

export function NotFoundPage({ title, text }: { title: string; text: string }) {
	const { t } = useTexts();
	return (
		<Page title={title}>
			<Empty title={text}>
				<Link className="button" href="/">
					{t("screen.not_found.back")}
				</Link>
			</Empty>
		</Page>
	);
}
