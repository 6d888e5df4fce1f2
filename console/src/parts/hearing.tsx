import type { HealthView, Process } from "../lib/model";
import { type Key, known, useTexts } from "../lib/texts";
import { Note } from "./note";

/**
 * What a listener has given up by the step that it names, as keys of the catalogue: each step with all before it, and from the fourth
 * on no further call is taken. A step that this console doesn't know is the last one that it knows.
 */
export function givenUp(step: number): Key[] {
	const all: [from: number, until: number, key: Key][] = [
		[1, 5, "screen.hearing.gave_up.voice"],
		[2, 2, "screen.hearing.gave_up.emotion_half"],
		[3, 5, "screen.hearing.gave_up.emotion"],
		[4, 5, "screen.hearing.gave_up.partial"],
		[5, 5, "screen.hearing.gave_up.words"],
		[4, 5, "screen.hearing.gave_up.calls"],
	];
	const at = Math.min(step, 5);
	return all.filter(([from, until]) => from <= at && at <= until).map(([, , key]) => key);
}

const count = (p: Process, name: string) => p.counts?.[name] ?? 0;

/** Listeners that have given something up at the moment. */
const burdened = (h: HealthView | undefined) =>
	(h?.processes ?? []).filter((p) => p.role === "listener" && !p.away && count(p, "given_up") > 0);

function useGivenUp() {
	const { t } = useTexts();
	return (p: Process) =>
		givenUp(count(p, "given_up"))
			.map((key) => t(key))
			.join(t("screen.hearing.and"));
}

/** What everybody must know while hearing is given up in part. */
export function HearingWarning({ health }: { health: HealthView | undefined }) {
	const { t } = useTexts();
	const what = useGivenUp();
	return burdened(health).map((p) => (
		<Note key={p.machine} kind="warn" live>
			{t("screen.hearing.burdened", { machine: p.machine, what: what(p) })}
		</Note>
	));
}

/** Each listener with what it can hear, hears and has given up, and the engines beside them. */
export function Hearing({ health }: { health: HealthView }) {
	const { t } = useTexts();
	const listeners = health.processes.filter((p) => p.role === "listener");
	const engines = health.processes.filter((p) => p.role === "engine");
	if (listeners.length + engines.length === 0) return null;
	return (
		<section className="hearing">
			<h2>{t("screen.hearing.title")}</h2>
			<ul>
				{listeners.map((p) => (
					<Listener key={p.machine} process={p} />
				))}
				{engines.map((p) => (
					<li key={p.machine}>
						<strong>{t("screen.hearing.engine", { machine: p.machine })}</strong>
						<span>{t(p.ok ? "screen.health.ok" : p.away ? "screen.health.away" : trouble(p))}</span>
					</li>
				))}
			</ul>
		</section>
	);
}

const trouble = (p: Process): Key => (p.why && known(p.why) ? p.why : "screen.health.bad");

function Listener({ process: p }: { process: Process }) {
	const { t } = useTexts();
	const what = useGivenUp();
	const can = count(p, "measured_calls");
	const cap = count(p, "budget_calls");
	const hears = count(p, "calls");
	const less = what(p);
	return (
		<li>
			<strong>{t("screen.hearing.listener", { machine: p.machine })}</strong>
			{p.away ? (
				<span className="deaf">{t("screen.health.away")}</span>
			) : (
				<>
					<span>{t("screen.hearing.hears", { n: hears })}</span>
					<span>{can > 0 ? t("screen.hearing.can", { n: can }) : t("screen.hearing.measuring")}</span>
					<span>{t("screen.hearing.cap", { n: cap })}</span>
					{cap > 0 && hears >= cap && <span className="deaf">{t("screen.hearing.full")}</span>}
					<span className={less ? "deaf" : undefined}>
						{less ? t("screen.hearing.less", { what: less }) : t("screen.hearing.whole")}
					</span>
				</>
			)}
		</li>
	);
}
