/** One event of a stream of server-sent events. A comment has no name; it only shows that the server lives. */
export interface SseEvent {
	event?: string;
	data: string;
	id?: string;
}

/**
 * Cuts a stream into events as the HTML standard says (9.2.6), but lets comments through as well: EventSource hides
 * them, and without them a silent server can't be told from a quiet one.
 */
export class SseParser {
	private rest = "";
	private event: string | undefined;
	private data: string[] = [];
	private id: string | undefined;

	push(chunk: string): SseEvent[] {
		const out: SseEvent[] = [];
		const lines = (this.rest + chunk).split(/\r\n|\n|\r(?!$)/);
		this.rest = lines.pop() ?? "";
		for (const line of lines) {
			if (line === "") {
				if (this.data.length > 0)
					out.push({
						event: this.event ?? "message",
						data: this.data.join("\n"),
						id: this.id,
					});
				this.event = undefined;
				this.data = [];
				continue;
			}
			if (line.startsWith(":")) {
				out.push({ data: "" });
				continue;
			}
			const colon = line.indexOf(":");
			const field = colon < 0 ? line : line.slice(0, colon);
			const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
			if (field === "event") this.event = value;
			else if (field === "data") this.data.push(value);
			else if (field === "id") this.id = value;
		}
		return out;
	}
}
