import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
	Button,
	Dialog,
	DialogTrigger,
	Heading,
	Modal,
	ModalOverlay,
} from "react-aria-components";
import { getLexicon, putLexicon } from "../client";
import { ApiError, ask, queries } from "../lib/api";
import { wall } from "../lib/format";
import {
	guards,
	type LexiconChange,
	type LexiconView,
	type LexiconWord,
} from "../lib/model";
import { useSession } from "../lib/session";
import { type Key, useTexts } from "../lib/texts";
import { LevelBadge } from "../parts/level";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";
import { ShippedWords } from "../parts/shippedwords";
import { TradePacks } from "../parts/tradepacks";
import { WordForm } from "../parts/wordform";
import { WordImport } from "../parts/wordimport";

/** What is open beside the list: the form of a word (a new one, or one that is changed), or an import. */
type Open = { form: LexiconWord | undefined } | "import" | undefined;

export function WordsPage() {
	const { t } = useTexts();
	const { may } = useSession();
	const found = useQuery({
		queryKey: ["lexicon"],
		queryFn: () => ask(getLexicon()),
		staleTime: 0,
	});
	const [open, setOpen] = useState<Open>();
	const [done, setDone] = useState<Key>();
	const [error, setError] = useState<unknown>();

	/** Puts a change in force. When somebody else was faster, the list is read again. */
	const put = async (change: LexiconChange, said: Key) => {
		setDone(undefined);
		setError(undefined);
		try {
			const fresh = await ask(putLexicon({ body: change }));
			queries.setQueryData(["lexicon"], fresh);
			setDone(said);
			setOpen(undefined);
		} catch (problem) {
			if (problem instanceof ApiError && problem.status === 409)
				void found.refetch();
			setError(problem);
		}
	};
	const change = may("change_lexicon");
	const begin = (o: Open) => {
		setDone(undefined);
		setError(undefined);
		setOpen(o);
	};

	return (
		<Page
			title={t("screen.words.title")}
			lead={t("screen.words.lead")}
			aside={
				<div className="row">
					{change && !open && (
						<>
							<Button
								className="button primary"
								onPress={() => begin({ form: undefined })}
							>
								{t("screen.words.new")}
							</Button>
							<Button className="button" onPress={() => begin("import")}>
								{t("screen.words.import")}
							</Button>
						</>
					)}
					<a className="button" href="/api/v1/lexicon/export" download>
						{t("screen.words.export")}
					</a>
				</div>
			}
		>
			{done && (
				<Note kind="good" live>
					{t(done)}
				</Note>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending && <Loading />}
			{found.data && (
				<>
					{found.data.trouble && (
						<Note kind="bad">
							<p>{t("screen.words.trouble")}</p>
							<p>{found.data.trouble}</p>
						</Note>
					)}
					{open === "import" ? (
						<WordImport
							onCancel={() => setOpen(undefined)}
							onPut={(c) => put(c, "screen.words.saved")}
						/>
					) : (
						open && (
							<WordForm
								key={open.form?.id ?? ""}
								word={open.form}
								version={found.data.version}
								onCancel={() => setOpen(undefined)}
								onPut={(c) => put(c, "screen.words.saved")}
							/>
						)
					)}
					<Own
						lexicon={found.data}
						locked={!change}
						onOpen={(w) => begin({ form: w })}
						onPut={put}
					/>
					<TradePacks
						key={found.data.version}
						lexicon={found.data}
						locked={!change}
						onPut={put}
					/>
					<ShippedWords words={found.data.shipped} />
				</>
			)}
		</Page>
	);
}

function Own({
	lexicon: l,
	locked,
	onOpen,
	onPut,
}: {
	lexicon: LexiconView;
	locked: boolean;
	onOpen: (w: LexiconWord) => void;
	onPut: (c: LexiconChange, said: Key) => Promise<void>;
}) {
	const { t, lang } = useTexts();
	return (
		<section aria-labelledby="own-title">
			<h2 id="own-title">
				{t("screen.words.own")} <span className="count">{l.own.length}</span>
			</h2>
			<p className="quiet">
				{l.version > 0 && (
					<>
						{t("screen.words.version", {
							n: l.version,
							name: l.author ?? "",
							at: wall(l.at, lang),
						})}{" "}
						/{" "}
					</>
				)}
				{t("screen.words.in_force")}: <code>{l.in_force}</code>
			</p>
			{l.own.length === 0 ? (
				<p className="quiet">{t("screen.words.empty")}</p>
			) : (
				<table className="table words">
					<caption className="visually-hidden">{t("screen.words.own")}</caption>
					<thead>
						<tr>
							<th scope="col">{t("screen.words.surface")}</th>
							<th scope="col">{t("screen.words.reading")}</th>
							<th scope="col">{t("screen.words.category")}</th>
							<th scope="col">{t("screen.words.level")}</th>
							<th scope="col">{t("screen.words.state")}</th>
							{!locked && <th scope="col">{t("screen.words.do")}</th>}
						</tr>
					</thead>
					<tbody>
						{l.own.map((w) => (
							<OwnRow
								key={w.id}
								word={w}
								version={l.version}
								locked={locked}
								onOpen={onOpen}
								onPut={onPut}
							/>
						))}
					</tbody>
				</table>
			)}
		</section>
	);
}

function OwnRow({
	word: w,
	version,
	locked,
	onOpen,
	onPut,
}: {
	word: LexiconWord;
	version: number;
	locked: boolean;
	onOpen: (w: LexiconWord) => void;
	onPut: (c: LexiconChange, said: Key) => Promise<void>;
}) {
	const { t } = useTexts();
	const [busy, setBusy] = useState(false);
	const id = w.id ?? "";
	const name = w.surface || w.reading || id;
	const run = async (c: LexiconChange, said: Key) => {
		setBusy(true);
		await onPut(c, said);
		setBusy(false);
	};
	return (
		<tr className={w.off ? "off" : undefined}>
			<td data-label={t("screen.words.surface")}>
				<div>
					<strong>{w.surface || t("screen.none")}</strong>{" "}
					<span className="quiet">{id}</span>
				</div>
			</td>
			<td data-label={t("screen.words.reading")}>
				{w.reading || (w.phonemes ? w.surface : t("screen.none"))}
			</td>
			<td data-label={t("screen.words.category")}>
				{t(`category.${w.category}`)}
			</td>
			<td data-label={t("screen.words.level")}>
				{guards.some((g) => g === w.category) ? (
					t("screen.words.holds")
				) : (
					<LevelBadge level={w.level} />
				)}
			</td>
			<td data-label={t("screen.words.state")}>
				<div>
					<span className={w.off ? "tag" : "tag state-in_force"}>
						{t(w.off ? "screen.words.off" : "screen.words.on")}
					</span>
					{!w.off && !w.phonemes && (
						<span className="tag">{t("screen.words.text_only")}</span>
					)}
					{!w.off && w.phonemes !== undefined && w.phonemes < 9 && (
						<span className="tag">{t("screen.words.short")}</span>
					)}
				</div>
			</td>
			{!locked && (
				<td data-label={t("screen.words.do")}>
					<div className="row">
						<Button
							className="button small"
							isDisabled={busy}
							aria-label={t("screen.words.edit_for", { name })}
							onPress={() => onOpen(w)}
						>
							{t("screen.words.edit")}
						</Button>
						<Button
							className="button small"
							isDisabled={busy}
							aria-label={t(
								w.off ? "screen.words.turn_on_for" : "screen.words.turn_off_for",
								{ name },
							)}
							onPress={() =>
								void run(
									{ version, put: [{ ...w, phonemes: undefined, off: !w.off }] },
									w.off ? "screen.words.turned_on" : "screen.words.turned_off",
								)
							}
						>
							{t(w.off ? "screen.words.turn_on" : "screen.words.turn_off")}
						</Button>
						<DialogTrigger>
							<Button
								className="button small"
								isDisabled={busy}
								aria-label={t("screen.words.remove_for", { name })}
							>
								{t("screen.words.remove")}
							</Button>
							<ModalOverlay className="overlay" isDismissable>
								<Modal className="modal">
									<Dialog role="alertdialog">
										{({ close }) => (
											<>
												<Heading slot="title">
													{t("screen.words.remove_for", { name })}
												</Heading>
												<p>{t("screen.words.remove.text")}</p>
												<div className="row end">
													<Button className="button" onPress={close}>
														{t("screen.cancel")}
													</Button>
													<Button
														className="button danger"
														onPress={() => {
															close();
															void run(
																{ version, remove: [id] },
																"screen.words.removed",
															);
														}}
													>
														{t("screen.words.remove")}
													</Button>
												</div>
											</>
										)}
									</Dialog>
								</Modal>
							</ModalOverlay>
						</DialogTrigger>
					</div>
				</td>
			)}
		</tr>
	);
}
