import { useEffect, useState, useSyncExternalStore } from "react";
import type { CallView, HealthView, LimitView, LiveView, NoticeView, SettingsBrief } from "./model";
import { SseParser } from "./sse";

/** Everything live. It is replaced, never changed, so that React sees what is new. */
export interface Live {
  ready: boolean;
  calls: ReadonlyMap<string, CallView>;
  /** When each call was last told of, by this browser's clock: call time runs on from there. */
  told: ReadonlyMap<string, number>;
  notices: NoticeView[];
  limits: LimitView[];
  health?: HealthView;
  settings?: SettingsBrief;
}

export const empty: Live = { ready: false, calls: new Map(), told: new Map(), notices: [], limits: [] };

/** Folds one event into what is known. */
export function fold(l: Live, event: string, data: unknown, now: number): Live {
  switch (event) {
    case "snapshot": {
      const s = data as LiveView;
      return {
        ready: true,
        calls: new Map(s.calls.map((c) => [c.incoming.id, c])),
        told: new Map(s.calls.map((c) => [c.incoming.id, now])),
        notices: s.notices,
        limits: s.limits,
        health: s.health,
        settings: s.settings,
      };
    }
    case "call": {
      const c = data as CallView;
      const before = l.calls.get(c.incoming.id);
      if (before && before.edge === c.edge && before.revision > c.revision) return l;
      return {
        ...l,
        calls: new Map(l.calls).set(c.incoming.id, c),
        told: new Map(l.told).set(c.incoming.id, now),
      };
    }
    case "call_gone": {
      const { id } = data as { id: string };
      const calls = new Map(l.calls);
      const told = new Map(l.told);
      calls.delete(id);
      told.delete(id);
      return { ...l, calls, told };
    }
    case "notice": {
      const n = data as NoticeView;
      return { ...l, notices: [n, ...l.notices.filter((o) => o.id !== n.id)].sort((a, b) => b.at.localeCompare(a.at)) };
    }
    case "limits":
      return { ...l, limits: (data as { limits: LimitView[] }).limits };
    case "health":
      return { ...l, health: data as HealthView };
    case "settings":
      return { ...l, settings: data as SettingsBrief };
  }
  return l;
}

/**
 * After so long without a sign of the server the screen says that it is old: 5 s for those who are told every second
 * or two how the processes are, otherwise two heartbeats.
 */
export const staleAfter = (heartbeat: number, toldOfHealth: boolean) =>
  (toldOfHealth ? 5 : Math.max(5, heartbeat * 2)) * 1000;

type Listener = () => void;

/** The connection to the live feed. It reconnects for ever, until it is stopped or nobody is logged in any more. */
export class Feed {
  private live: Live = empty;
  private listeners = new Set<Listener>();
  private stopper = new AbortController();
  private lastId = "";
  private heard = Date.now();
  private limit = 5000;
  private connected = false;

  constructor(
    private readonly onLoggedOut: () => void,
    /** The server has ended the stream, as it does when somebody's role has changed. */
    private readonly onEnded: () => void = () => {},
    private readonly url = "/api/v1/live",
  ) {}

  start() {
    this.stopper = new AbortController();
    void this.run(this.stopper.signal);
  }

  stop() {
    this.stopper.abort();
  }

  subscribe = (l: Listener) => {
    this.listeners.add(l);
    return () => {
      this.listeners.delete(l);
    };
  };

  snapshot = () => this.live;

  /** Milliseconds of silence when they are too many, otherwise 0. */
  silence(now: number): number {
    const quiet = now - this.heard;
    return quiet > this.limit || (!this.connected && quiet > 5000) ? quiet : 0;
  }

  /** Puts something in that this browser has just learnt from an answer, before the feed tells it. */
  put(event: string, data: unknown) {
    this.live = fold(this.live, event, data, Date.now());
    for (const l of this.listeners) l();
  }

  private async run(signal: AbortSignal) {
    let wait = 500;
    while (!signal.aborted) {
      try {
        if (await this.read(signal)) wait = 500;
      } catch {
        // The network is away; the screen says so by its age.
      }
      this.connected = false;
      await new Promise((done) => setTimeout(done, wait));
      wait = Math.min(wait * 2, 5000);
    }
  }

  /** Reads one connection to its end and tells whether anything came. A dead one is given up by the watchdog. */
  private async read(signal: AbortSignal): Promise<boolean> {
    const mine = new AbortController();
    const give = () => mine.abort();
    signal.addEventListener("abort", give);
    const began = Date.now();
    const watchdog = setInterval(() => {
      if (Date.now() - Math.max(this.heard, began) > this.limit * 3) give();
    }, 1000);
    let came = false;
    try {
      const answer = await fetch(this.url, {
        signal: mine.signal,
        headers: { Accept: "text/event-stream", ...(this.lastId ? { "Last-Event-ID": this.lastId } : {}) },
      });
      if (answer.status === 401) {
        this.stop();
        this.onLoggedOut();
        return false;
      }
      if (!answer.ok || !answer.body) return false;
      this.connected = true;
      const parser = new SseParser();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          this.onEnded();
          return came;
        }
        came = true;
        this.heard = Date.now();
        this.take(parser.push(value));
      }
    } finally {
      clearInterval(watchdog);
      signal.removeEventListener("abort", give);
    }
  }

  private take(events: ReturnType<SseParser["push"]>) {
    const before = this.live;
    for (const e of events) {
      if (e.id) this.lastId = e.id;
      if (!e.event) continue;
      const data: unknown = JSON.parse(e.data);
      if (e.event === "snapshot") {
        const first = data as LiveView;
        this.limit = staleAfter(first.heartbeat_s, first.health.processes.length > 0);
      }
      this.live = fold(this.live, e.event, data, Date.now());
    }
    if (this.live !== before) for (const l of this.listeners) l();
  }
}

export const useLive = (feed: Feed): Live => useSyncExternalStore(feed.subscribe, feed.snapshot);

/** A clock for the screen that ticks once a second. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** The call time at this moment: what was told last, and what has passed since then unless the call is over. */
export function callNow(l: Live, c: CallView, now: number): number {
  const told = l.told.get(c.incoming.id);
  if (c.line === "ended" || told === undefined) return c.at_ms;
  return c.at_ms + Math.max(0, now - told);
}
