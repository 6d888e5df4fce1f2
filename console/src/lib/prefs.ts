import { useSyncExternalStore } from "react";

/** What this browser keeps: how the screen behaves, never anything about people or calls. */
type Name = "lang" | "sound" | "keys";

const listeners = new Set<() => void>();

function read(name: Name): string | null {
	try {
		return localStorage.getItem(`commusafe.${name}`);
	} catch {
		return null; // storage is switched off
	}
}

export function setPref(name: Name, value: string) {
	try {
		localStorage.setItem(`commusafe.${name}`, value);
	} catch {
		// It then holds until the page is left.
	}
	for (const l of listeners) l();
}

export function usePref(name: Name, standard: string): string {
	const subscribe = (l: () => void) => {
		listeners.add(l);
		return () => listeners.delete(l);
	};
	return useSyncExternalStore(subscribe, () => read(name) ?? standard);
}
