import type { HealthView, Process } from "../lib/model";
import { type Key, known, useTexts } from "../lib/texts";

export type Vital = "ok" | "bad" | "away" | "absent";

/** How one kind of process is: as good as its best, but trouble of any one shows. */
export function vital(processes: Process[], role: string): Vital {
	const mine = processes.filter((p) => p.role === role);
	if (mine.length === 0) return "absent";
	if (mine.every((p) => p.away)) return "away";
	if (mine.some((p) => !p.away && !p.ok)) return "bad";
	return "ok";
}

const roles = ["edge", "listener", "office"] as const;

export function vitals(h: HealthView): Record<(typeof roles)[number], Vital> {
	const office = vital(h.processes, "office");
	// The office is what tells us, so it lives, whether it counts itself or not.
	return {
		edge: vital(h.processes, "edge"),
		listener: vital(h.processes, "listener"),
		office: office === "absent" ? "ok" : office,
	};
}

/** What keeps engines of full recognition from hearing, as keys of the catalogue; the built-in one goes on all the same. */
export function engineTroubles(h: HealthView | undefined): Key[] {
	const keys = (h?.processes ?? [])
		.filter((p) => p.role === "engine" && !p.ok)
		.map((p) => (p.away ? "engine.away" : (p.why ?? "engine.failed")))
		.map((k) => (known(k) ? k : "engine.failed"));
	return [...new Set(keys)] as Key[];
}

export function HealthChips({ health }: { health: HealthView }) {
	const { t } = useTexts();
	const all = vitals(health);
	return (
		<ul className="health" aria-label={t("screen.health.label")}>
			{roles.map((r) => (
				<li key={r} className={all[r]}>
					<span className="mark" aria-hidden="true">
						{all[r] === "ok" ? "●" : "▲"}
					</span>
					{t(`screen.health.${r}`)}
					<span className={all[r] === "ok" ? "visually-hidden" : "word"}>
						{t(`screen.health.${all[r]}`)}
					</span>
				</li>
			))}
		</ul>
	);
}
