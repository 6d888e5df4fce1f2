import { QueryClient } from "@tanstack/react-query";
import { client } from "../client/client.gen";
import type { Problem } from "./model";

client.setConfig({ baseUrl: "", credentials: "same-origin" });

/** An error of the API or of the way to it. key is a key of the catalogue. */
export class ApiError extends Error {
	constructor(
		readonly key: string,
		readonly status: number,
		readonly errorId?: string,
		readonly detail?: string,
	) {
		super(key);
	}
}

interface Answer<T> {
	data?: T;
	error?: unknown;
	response?: Response;
}

/** Gives the data of an answer or throws an ApiError. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
	let a: Answer<T>;
	try {
		a = await answer;
	} catch {
		throw new ApiError("screen.error.network", 0);
	}
	if (a.response?.ok) return a.data as T;
	if (!a.response) throw new ApiError("screen.error.network", 0);
	const p = (
		typeof a.error === "object" && a.error !== null ? a.error : {}
	) as Partial<Problem>;
	throw new ApiError(
		p.title || "screen.error.unknown",
		a.response.status,
		p.error_id,
		p.detail,
	);
}

export const queries = new QueryClient({
	defaultOptions: {
		queries: {
			retry: (n, error) =>
				!(
					error instanceof ApiError &&
					error.status >= 400 &&
					error.status < 500
				) && n < 2,
			staleTime: 5000,
			refetchOnWindowFocus: false,
		},
	},
});

/** Throws away what the one before has seen; who is there stays under watch. */
export function forget() {
	queries.removeQueries({ predicate: (q) => q.queryKey[0] !== "me" });
}
