import { createContext, useContext } from "react";
import type { Feed } from "./feed";
import type { Me } from "./model";

export type Permission =
	| "see_live"
	| "assist"
	| "command_calls"
	| "see_calls"
	| "listen"
	| "see_limits"
	| "propose_limit"
	| "approve_limit"
	| "lift_limit"
	| "see_notices"
	| "acknowledge_notice"
	| "see_incidents"
	| "handle_incidents"
	| "see_settings"
	| "try_rules"
	| "change_settings"
	| "approve_voices"
	| "see_lexicon"
	| "change_lexicon"
	| "see_health"
	| "manage_staff"
	| "see_trail";

export interface Session {
	me: Me;
	feed: Feed;
	leave: () => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession() {
	const s = useContext(SessionContext);
	if (!s) throw new Error("useSession outside of a session");
	return { ...s, may: (p: Permission) => s.me.permissions.includes(p) };
}
