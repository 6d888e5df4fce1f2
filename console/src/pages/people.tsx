import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import {
	Button,
	Dialog,
	DialogTrigger,
	Heading,
	Modal,
	ModalOverlay,
} from "react-aria-components";
import {
	addStaff,
	changeStaff,
	type FirstPassword,
	listStaff,
	type People,
	type PersonView,
	resetPassword,
} from "../client";
import { ask, queries } from "../lib/api";
import { useTexts } from "../lib/texts";
import { Field } from "../parts/field";
import { ErrorNote, Loading, Note } from "../parts/note";
import { Page } from "../parts/page";

const roles = [
	"operator",
	"supervisor",
	"manager",
	"administrator",
	"auditor",
] as const satisfies readonly PersonView["role"][];

/** Puts somebody as they are after a change into the list. */
function put(p: PersonView) {
	queries.setQueryData<People>(["staff"], (now) => {
		const all = now?.people ?? [];
		return {
			people: all.some((o) => o.id === p.id)
				? all.map((o) => (o.id === p.id ? p : o))
				: [...all, p],
		};
	});
}

export function PeoplePage() {
	const { t } = useTexts();
	const found = useQuery({
		queryKey: ["staff"],
		queryFn: () => ask(listStaff()),
		staleTime: 0,
	});
	const [given, setGiven] = useState<FirstPassword>();
	const give = (g: FirstPassword) => {
		put(g.person);
		setGiven(g);
	};
	return (
		<Page
			title={t("screen.people.title")}
			lead={t("screen.people.lead")}
			aside={
				<Asking press={t("screen.people.new")} primary>
					{(close) => <PersonForm onGiven={give} onDone={close} />}
				</Asking>
			}
		>
			{given && <Given given={given} onRead={() => setGiven(undefined)} />}
			{found.error && (
				<ErrorNote error={found.error} retry={() => void found.refetch()} />
			)}
			{found.isPending && <Loading />}
			{found.data && (
				<table className="table people">
					<caption className="visually-hidden">
						{t("screen.people.title")}
					</caption>
					<thead>
						<tr>
							<th scope="col">{t("screen.people.name")}</th>
							<th scope="col">{t("screen.people.login")}</th>
							<th scope="col">{t("screen.people.role")}</th>
							<th scope="col">{t("screen.people.state")}</th>
							<th scope="col">{t("screen.people.do")}</th>
						</tr>
					</thead>
					<tbody>
						{found.data.people.map((p) => (
							<Row key={p.id} person={p} onGiven={give} />
						))}
					</tbody>
				</table>
			)}
		</Page>
	);
}

function Row({
	person: p,
	onGiven,
}: {
	person: PersonView;
	onGiven: (g: FirstPassword) => void;
}) {
	const { t } = useTexts();
	const state = p.disabled ? "off" : p.must_change_password ? "first" : "on";
	return (
		<tr className={p.disabled ? "off" : undefined}>
			<td data-label={t("screen.people.name")}>
				<strong>{p.name}</strong>
			</td>
			<td data-label={t("screen.people.login")}>
				<code>{p.login}</code>
			</td>
			<td data-label={t("screen.people.role")}>{t(`role.${p.role}`)}</td>
			<td data-label={t("screen.people.state")}>
				{t(`screen.people.state.${state}`)}
			</td>
			<td data-label={t("screen.people.do")}>
				<div className="row">
					<Asking
						press={t("screen.people.change")}
						name={t("screen.people.change.of", { name: p.name })}
					>
						{(close) => (
							<PersonForm person={p} onGiven={onGiven} onDone={close} />
						)}
					</Asking>
					<Asking
						press={t("screen.people.reset")}
						name={t("screen.people.reset.of", { name: p.name })}
					>
						{(close) => (
							<ResetForm person={p} onGiven={onGiven} onDone={close} />
						)}
					</Asking>
				</div>
			</td>
		</tr>
	);
}

/** A button that opens a form. */
function Asking({
	press,
	name,
	primary,
	children,
}: {
	press: string;
	name?: string;
	primary?: boolean;
	children: (close: () => void) => React.ReactNode;
}) {
	return (
		<DialogTrigger>
			<Button
				className={primary ? "button primary" : "button"}
				aria-label={name}
			>
				{press}
			</Button>
			<ModalOverlay className="overlay" isDismissable>
				<Modal className="modal">
					<Dialog>{({ close }) => children(close)}</Dialog>
				</Modal>
			</ModalOverlay>
		</DialogTrigger>
	);
}

/** The first password of somebody, which nothing shows a second time. */
function Given({
	given,
	onRead,
}: {
	given: FirstPassword;
	onRead: () => void;
}) {
	const { t } = useTexts();
	return (
		<Note kind="good" live>
			<p>
				{t("screen.people.given", {
					name: given.person.name,
					login: given.person.login,
				})}
			</p>
			<p>
				<code className="first-password">{given.password}</code>
			</p>
			<p>{t("screen.people.given.once")}</p>
			<Button className="button" onPress={onRead}>
				{t("screen.people.given.read")}
			</Button>
		</Note>
	);
}

/** Sends a form: busy meanwhile, and what went wrong stands in it. */
function useSending(onDone: () => void) {
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<unknown>();
	const send = async (what: () => Promise<void>) => {
		setBusy(true);
		setError(undefined);
		try {
			await what();
			onDone();
		} catch (problem) {
			setError(problem);
			setBusy(false);
		}
	};
	return { busy, error, send };
}

function PersonForm({
	person,
	onGiven,
	onDone,
}: {
	person?: PersonView;
	onGiven: (g: FirstPassword) => void;
	onDone: () => void;
}) {
	const { t } = useTexts();
	const [login, setLogin] = useState("");
	const [name, setName] = useState(person?.name ?? "");
	const [role, setRole] = useState<PersonView["role"]>(
		person?.role ?? "operator",
	);
	const [disabled, setDisabled] = useState(person?.disabled ?? false);
	const { busy, error, send } = useSending(onDone);
	const submit = (e: FormEvent) => {
		e.preventDefault();
		void send(async () => {
			if (person) {
				const body = { name: name.trim(), role, disabled };
				put(await ask(changeStaff({ path: { id: person.id }, body })));
			} else {
				const body = { login: login.trim(), name: name.trim(), role };
				onGiven(await ask(addStaff({ body })));
			}
		});
	};
	return (
		<form className="form" onSubmit={submit}>
			<Heading slot="title">
				{person
					? t("screen.people.change.of", { name: person.name })
					: t("screen.people.new")}
			</Heading>
			{!person && (
				<Field
					label={t("screen.people.login")}
					help={t("screen.people.login.help")}
				>
					{(p) => (
						<input
							{...p}
							name="new-login"
							autoComplete="off"
							autoCapitalize="none"
							spellCheck={false}
							minLength={2}
							maxLength={100}
							required
							value={login}
							onChange={(e) => setLogin(e.target.value)}
						/>
					)}
				</Field>
			)}
			<Field label={t("screen.people.name")}>
				{(p) => (
					<input
						{...p}
						name="new-name"
						autoComplete="off"
						maxLength={100}
						required
						value={name}
						onChange={(e) => setName(e.target.value)}
					/>
				)}
			</Field>
			<Field
				label={t("screen.people.role")}
				help={t(`screen.people.may.${role}`)}
			>
				{(p) => (
					<select
						{...p}
						name="new-role"
						value={role}
						onChange={(e) =>
							setRole(roles.find((r) => r === e.target.value) ?? "operator")
						}
					>
						{roles.map((r) => (
							<option key={r} value={r}>
								{t(`role.${r}`)}
							</option>
						))}
					</select>
				)}
			</Field>
			{person && (
				<div>
					<div className="ticks">
						<label>
							<input
								type="checkbox"
								name="disabled"
								checked={disabled}
								aria-describedby="disabled-help"
								onChange={(e) => setDisabled(e.target.checked)}
							/>{" "}
							{t("screen.people.disable")}
						</label>
					</div>
					<p className="help" id="disabled-help">
						{t("screen.people.disable.help")}
					</p>
				</div>
			)}
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row end">
				<Button className="button" onPress={onDone}>
					{t("screen.cancel")}
				</Button>
				<Button
					type="submit"
					className="button primary"
					isDisabled={busy || !name.trim() || (!person && !login.trim())}
				>
					{person ? t("screen.people.save") : t("screen.people.add")}
				</Button>
			</div>
		</form>
	);
}

function ResetForm({
	person,
	onGiven,
	onDone,
}: {
	person: PersonView;
	onGiven: (g: FirstPassword) => void;
	onDone: () => void;
}) {
	const { t } = useTexts();
	const { busy, error, send } = useSending(onDone);
	return (
		<form
			className="form"
			onSubmit={(e) => {
				e.preventDefault();
				void send(async () =>
					onGiven(await ask(resetPassword({ path: { id: person.id } }))),
				);
			}}
		>
			<Heading slot="title">
				{t("screen.people.reset.of", { name: person.name })}
			</Heading>
			<p>{t("screen.people.reset.ask")}</p>
			{error !== undefined && <ErrorNote error={error} />}
			<div className="row end">
				<Button className="button" onPress={onDone}>
					{t("screen.cancel")}
				</Button>
				<Button type="submit" className="button primary" isDisabled={busy}>
					{t("screen.people.reset")}
				</Button>
			</div>
		</form>
	);
}
