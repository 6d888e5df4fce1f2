import type { Bot } from "../lib/model";
import { useTexts } from "../lib/texts";
import { Note } from "./note";

/** What the voicebot learned of the caller, so that he need not say it again. */
export function BotPanel({ bot, past }: { bot: Bot; past?: boolean }) {
	const { t } = useTexts();
	const none = <span className="quiet">{t("screen.bot.none")}</span>;
	return (
		<section className="panel bot" aria-labelledby="bot-title">
			<h2 id="bot-title">{t("screen.bot.title")}</h2>
			{bot.priority === 1 && !past && (
				<Note kind="bad" live>
					{t("screen.bot.urgent")}
				</Note>
			)}
			<dl className="dl">
				<dt>{t("screen.bot.topic")}</dt>
				<dd>
					{bot.topic ? (
						<>
							<strong>{t(`bot.topic.${bot.topic}`)}</strong>{" "}
							{t(
								bot.confirmed ? "screen.bot.confirmed" : "screen.bot.unconfirmed",
							)}
						</>
					) : (
						none
					)}
				</dd>
				{bot.said && (
					<>
						<dt>{t("screen.bot.said")}</dt>
						<dd className="quote">{bot.said}</dd>
					</>
				)}
				<dt>{t("screen.bot.number")}</dt>
				<dd>{bot.number ? <strong>{bot.number}</strong> : none}</dd>
				{bot.exit && (
					<>
						<dt>{t("screen.bot.exit")}</dt>
						<dd>{t(`bot.exit.${bot.exit}`)}</dd>
					</>
				)}
				<dt>{t("screen.bot.ref")}</dt>
				<dd>{bot.ref}</dd>
			</dl>
			{(bot.rough ?? 0) > 0 && <p>{t("screen.bot.rough")}</p>}
			{!bot.hears && <p className="quiet">{t("screen.bot.keys")}</p>}
		</section>
	);
}
