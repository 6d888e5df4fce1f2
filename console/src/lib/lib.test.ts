import { afterEach, describe, expect, test, vi } from "vitest";
import { calls } from "../../e2e/data";
import { remaining } from "../pages/limits";
import { filterOf } from "../pages/past";
import { risen } from "../parts/announcer";
import { engineTroubles, vital } from "../parts/health";
import { givenUp } from "../parts/hearing";
import { commandFor, nextWarning, refusal } from "./commands";
import { empty, Feed, fold, staleAfter } from "./feed";
import { caller, callTime, fromTokyo, telephone, toE164, tokyoDay, wall } from "./format";
import type { CallView, Finding } from "./model";
import { kind, levelOf, levelOfCall, levelOfPast, why, worstFirst } from "./order";
import { outlook } from "./outlook";
import { append } from "./rough";
import { SseParser } from "./sse";
import { text } from "./texts";

const all = calls();
const [shout, money, , calm, , over] = all as [CallView, CallView, CallView, CallView, CallView, CallView];
const sentences = (v: CallView, now = v.at_ms) =>
  outlook(v, now)
    .map((s) => text("ja", s.key, s.args))
    .join("");

describe("worst first", () => {
  test("level, then stage, then what waits; what has ended comes last", () => {
    const names = [...all]
      .reverse()
      .sort(worstFirst)
      .map((c) => c.judgement.level + c.line);
    expect(names).toEqual(["S3watching", "S2watching", "S1watching", "S0watching", "S0watching", "S3ended"]);
  });
  test("of two equal calls a proposal that waits for a person comes first", () => {
    const waiting = { ...shout, proposed: money.proposed };
    expect([shout, waiting].sort(worstFirst)[0]).toBe(waiting);
  });
  test("the reason shown is one with words", () => {
    expect(why(shout).first?.words).toBe("絶対切らせねえからな");
    expect(why(shout).others).toBe(3);
    expect(why(calm).first).toBeUndefined();
  });
  test("a person in need is no one to warn", () => {
    const of = (category: Finding["category"], level: Finding["level"]) => levelOf({ ...why(shout).first!, category, level });
    expect(text("ja", of("G-CRISIS", "S2"))).toBe("要確認");
    expect(text("en", of("G-CRISIS", "S2"))).toBe("Please check");
    expect(of("G-CRISIS", "S4")).toBe("level.S4");
    expect(of("ABUSE", "S2")).toBe("level.S2");
  });
  test("a call is named after a need where nothing else has brought it to its level", () => {
    const first = why(shout).first!;
    const need: Finding = { ...first, category: "G-CRISIS", level: "S2" };
    const of = (level: Finding["level"], ...findings: Finding[]) => levelOfCall({ ...shout, judgement: { ...shout.judgement, findings } }, level);
    expect(of("S2", need, { ...first, level: "S1" })).toBe("level.need");
    expect(of("S2", need, { ...first, level: "S2" })).toBe("level.S2");
    expect(of("S4", { ...need, level: "S4" })).toBe("level.S4");
    expect(of("S3", need)).toBe("level.S3"); // the peak of a call that has fallen since
    expect(of("S0")).toBe("level.S0");
  });
  test("so is a past call, by its kinds", () => {
    expect(levelOfPast({ peak: "S2", categories: ["G-CRISIS", "G-DIS"] })).toBe("level.need");
    expect(levelOfPast({ peak: "S2", categories: ["ABUSE", "G-CRISIS"] })).toBe("level.S2");
    expect(levelOfPast({ peak: "S4", categories: ["G-CRISIS"] })).toBe("level.S4");
    expect(levelOfPast({ peak: "S2", categories: [] })).toBe("level.S2");
  });
  test("the kind of words that nobody recognised is a guess", () => {
    const of = (because: string) => kind({ ...why(shout).first!, because });
    expect(of("because.gists")).toEqual({ key: "screen.gist.like", args: { category: "@category.ABUSE" } });
    expect(of("because.gist").key).toBe("screen.gist.like");
    expect(of("because.phrase")).toEqual({ key: "category.ABUSE" });
    const { key, args } = of("because.gist");
    expect(text("ja", key, args)).toBe("暴言・怒声に近い音");
    expect(text("en", key, args)).toBe("Sounds like: Abuse, shouting");
  });
});

describe("what comes next", () => {
  test.each([
    ["needs one more hit", shout, "あと 1 回の該当で「終話の案内と遮断」を自動で行います。"],
    ["waits for a person", money, "「警告2」を提案しています。人の確認を待っています。"],
    ["over", over, "この通話は終わりました。"],
    [
      "held by a guard",
      { ...money, proposed: [] },
      "保留中: 「正当な苦情・権利行使」があるため、「警告2」は人が決めます。あと 1 回の該当で「警告2」を提案します。",
    ],
    [
      "a person has taken over",
      { ...shout, outlook: { ...shout.outlook, held: "hands_off" } },
      "人が引き受けています。自動では何もしません。",
    ],
    [
      "emergency",
      { ...shout, outlook: { held: "emergency" } },
      "緊急のため、自動では何もしません。対応は人が決めます。",
    ],
    ["under way", { ...shout, state: { ...shout.state, busy: "final" as const } }, "「最終通告」を実行しています。"],
    ["nothing", { ...shout, outlook: {} }, "予定されている対応はありません。"],
  ])("%s", (_, v, want) => expect(sentences(v as CallView)).toBe(want));
  test("says from when hits count", () => {
    expect(sentences(shout, 105000)).toContain("6 秒後からの該当を数えます。");
  });
});

describe("commands", () => {
  const may = () => true;
  test("a warning takes what is proposed, else the next step", () => {
    expect(nextWarning(money)).toBe("warn2");
    expect(nextWarning(calm)).toBe("warn1");
    expect(nextWarning({ ...calm, state: { ...calm.state, proposed: "final" } })).toBe("final");
  });
  test("what can't be done says why", () => {
    expect(refusal(over, "warn", may)?.key).toBe("screen.command.no.ended");
    expect(refusal(shout, "warn", () => false)?.key).toBe("screen.command.no.role");
    expect(refusal({ ...shout, can: { ...shout.can, cut: false } }, "cut", may)?.key).toBe("screen.command.no.can");
    expect(refusal({ ...shout, state: { ...shout.state, busy: "warn2" } }, "announce", may)?.key).toBe(
      "screen.command.no.busy",
    );
    expect(refusal(shout, "rejoin", may)?.key).toBe("screen.command.no.line");
    expect(refusal({ ...shout, line: "bot" }, "rejoin", may)).toBeUndefined();
    expect(refusal(shout, "wrong_flag", (p) => p === "assist")).toBeUndefined();
  });
  test("a person may cut into a warning, but not cut twice", () => {
    expect(refusal({ ...shout, state: { ...shout.state, busy: "warn2" } }, "cut", may)).toBeUndefined();
    expect(refusal({ ...shout, state: { ...shout.state, busy: "closing" } }, "cut", may)?.key).toBe(
      "screen.command.no.busy",
    );
  });
  test("a person may take the caller out of the voicebot's hands", () => {
    const bot = { ...shout, line: "bot", state: { ...shout.state, busy: "voicebot" as const } };
    expect(refusal(bot, "rejoin", may)).toBeUndefined();
    expect(refusal(bot, "cut", may)).toBeUndefined();
    expect(refusal(bot, "warn", may)?.key).toBe("screen.command.no.busy");
  });
  test("each proposal has its command", () => {
    expect(["warn1", "final", "closing", "announce", "limit"].map((d) => commandFor(d as "warn1"))).toEqual([
      "warn",
      "warn",
      "cut",
      "announce",
      undefined,
    ]);
  });
});

describe("numbers and times", () => {
  test.each([
    ["+819012345678", "090-1234-5678"],
    ["+81312345678", "03-1234-5678"],
    ["+81120123456", "0120-123-456"],
    ["+818001234567", "0800-123-4567"],
    ["+81451234567", "045-123-4567"],
    ["+12025550123", "+12025550123"],
  ])("%s is read %s", (e164, want) => expect(telephone(e164)).toBe(want));
  test("a missing number says why", () => {
    expect(caller({ withheld: "payphone" })).toEqual({ key: "withheld.payphone" });
    expect(caller({ raw: "201" })).toEqual({ number: "201" });
    expect(caller({})).toEqual({ key: "withheld.unknown" });
  });
  test("typed numbers are folded", () => {
    expect(toE164("090-1234-5678")).toBe("+819012345678");
    expect(toE164("+81 3 1234 5678")).toBe("+81312345678");
  });
  test("call time", () => expect([0, 65000, 3723000, -5].map(callTime)).toEqual(["0:00", "1:05", "1:02:03", "0:00"]));
  test("wall time is that of Tokyo", () => {
    expect(wall("2026-11-23T15:30:00Z", "ja")).toBe("2026/11/24 00:30");
    expect(wall("", "ja")).toBe("–");
    expect(tokyoDay(new Date("2026-11-23T15:30:00Z"))).toBe("2026-11-24");
    expect(fromTokyo("2026-11-24")).toBe("2026-11-23T15:00:00.000Z");
  });
  test("the last day of a search belongs to it", () => {
    const f = filterOf({
      level: "S2",
      category: "",
      number: " 5678 ",
      words: "",
      from: "2026-11-01",
      to: "2026-11-02",
    });
    expect(f).toEqual({
      limit: 50,
      level: "S2",
      number: "5678",
      from: "2026-10-31T15:00:00.000Z",
      to: "2026-11-02T15:00:00.000Z",
    });
  });
  test("what is left of a limit", () => {
    const now = Date.parse("2026-11-23T00:00:00Z");
    expect(remaining("2026-11-23T10:30:00Z", now)).toEqual({ key: "screen.limits.remaining", n: 11 });
    expect(remaining("2026-12-03T00:00:00Z", now)).toEqual({ key: "screen.limits.remaining_days", n: 10 });
  });
});

describe("feed", () => {
  const snapshot = {
    calls: all,
    notices: [],
    limits: [],
    health: { processes: [], bus: true, database: true },
    settings: {},
    heartbeat_s: 1,
  };
  const live = fold(empty, "snapshot", snapshot, 1000);
  test("an older view never replaces a newer one", () => {
    const late = fold(live, "call", { ...shout, revision: 0 }, 2000);
    expect(late).toBe(live);
    expect(fold(live, "call", { ...shout, revision: 2 }, 2000).calls.get(shout.incoming.id)?.revision).toBe(2);
  });
  test("a call that is gone is gone", () => {
    expect(fold(live, "call_gone", { id: shout.incoming.id }, 2000).calls.size).toBe(all.length - 1);
  });
  test("a notice replaces the one of the same name", () => {
    const n = { id: "n", call: "c", level: "S3", state: "triggered", at: "2026-11-23T00:00:00Z" };
    const twice = fold(fold(live, "notice", n, 1), "notice", { ...n, state: "acknowledged" }, 2);
    expect(twice.notices.map((x) => x.state)).toEqual(["acknowledged"]);
  });
  test("what is not known changes nothing", () => expect(fold(live, "weather", {}, 1)).toBe(live));
  test("old after five seconds at the least", () => expect([staleAfter(15, true), staleAfter(1, false), staleAfter(15, false)]).toEqual([5000, 5000, 30000]));
  test("levels that rise are told, the first look is not", () => {
    const before = new Map(all.map((c) => [c.incoming.id, "S0" as const]));
    expect(risen(undefined, live)).toEqual([]);
    expect(risen(before, live).length).toBe(4);
  });
  test("one kind of process is as well as its worst living one", () => {
    const p = (ok: boolean, away: boolean) => ({ role: "edge", machine: "m", ok, away, seen: "" });
    expect(vital([], "edge")).toBe("absent");
    expect(vital([p(true, false), p(true, true)], "edge")).toBe("ok");
    expect(vital([p(true, true)], "edge")).toBe("away");
    expect(vital([p(true, false), p(false, false)], "edge")).toBe("bad");
  });
});

describe("the connection to the feed", () => {
  const snapshot = { calls: [], notices: [], limits: [], health: { processes: [] }, settings: {}, heartbeat_s: 2 };
  const stream = (text: string, signal: AbortSignal) => {
    const body = new ReadableStream({
      start(c) {
        c.enqueue(new TextEncoder().encode(text));
        signal.addEventListener("abort", () => c.error(new Error("aborted")));
      },
    });
    return new Response(body);
  };
  const whole = `id: 1\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`;
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("comes back after a long time, however slowly the server answers", async () => {
    vi.useFakeTimers();
    let away = true;
    vi.stubGlobal("fetch", async (_: string, { signal }: { signal: AbortSignal }) => {
      if (away) throw new Error("network");
      await new Promise<void>((done, fail) => {
        setTimeout(done, 3000);
        signal.addEventListener("abort", () => fail(new Error("aborted")));
      });
      return stream(whole, signal);
    });
    const feed = new Feed(() => {});
    feed.start();
    await vi.advanceTimersByTimeAsync(60000);
    away = false;
    await vi.advanceTimersByTimeAsync(10000);
    expect(feed.snapshot().ready).toBe(true);
    feed.stop();
  });

  test("tells when the server has ended it: the person may be another one than before", async () => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", async () => new Response(whole));
    let ended = 0;
    const feed = new Feed(
      () => {},
      () => ended++,
    );
    feed.start();
    await vi.advanceTimersByTimeAsync(100);
    expect(ended).toBe(1);
    feed.stop();
  });
});

describe("server-sent events", () => {
  test("events that come in pieces, comments, ids", () => {
    const p = new SseParser();
    expect(p.push(": hello\nevent: ca")).toEqual([{ data: "" }]);
    expect(p.push('ll\nid: 7\ndata: {"a":\ndata: 1}\n')).toEqual([]);
    expect(p.push("\n")).toEqual([{ event: "call", data: '{"a":\n1}', id: "7" }]);
    expect(p.push("data: x\r\n\r\n")).toEqual([{ event: "message", data: "x", id: "7" }]);
  });
});

describe("engines beside the built-in one", () => {
  const health = (why: string | undefined, ok = false, away = false) => ({
    bus: true,
    database: true,
    processes: [
      { role: "listener", machine: "m", ok: true, away: false, seen: "" },
      { role: "engine", machine: "m sherpa", ok, away, seen: "", why },
    ],
  });
  test("say in a sentence why they can't hear, and nothing when they can", () => {
    expect(engineTroubles(health("engine.no_model"))).toEqual(["engine.no_model"]);
    expect(engineTroubles(health("engine.no_model", false, true))).toEqual(["engine.away"]);
    expect(engineTroubles(health("engine.denoiser"))).toEqual(["engine.denoiser"]);
    expect(engineTroubles(health("something new"))).toEqual(["engine.failed"]);
    expect(engineTroubles(health(undefined, true))).toEqual([]);
    expect(engineTroubles(undefined)).toEqual([]);
    for (const lang of ["ja", "en"] as const) {
      expect(text(lang, "engine.no_model", {})).toContain("commusafe models list");
    }
  });
  test("don't make the listener look ill", () => {
    expect(vital(health("engine.no_model").processes, "listener")).toBe("ok");
  });
});

describe("what a listener has given up", () => {
  test("is all up to its step, anger by half or whole", () => {
    expect(givenUp(0)).toEqual([]);
    expect(givenUp(1).map((k) => text("ja", k))).toEqual(["声の照合"]);
    expect(givenUp(2).map((k) => text("en", k))).toEqual(["comparing of voices", "reading of anger (half as often)"]);
    expect(givenUp(3).map((k) => text("en", k))).toEqual(["comparing of voices", "reading of anger"]);
    expect(givenUp(4).map((k) => text("ja", k))).toContain("新しい通話の聞き取り");
    expect(givenUp(5).map((k) => text("ja", k))).toContain("言葉の聞き取り");
    expect(givenUp(6)).toEqual(givenUp(5));
  });
});

describe("a rough reading", () => {
  test("keeps its end, whole letters only", () => {
    let shown = "";
    for (let i = 0; i < 100; i++) shown = append(shown, "もしもし ");
    expect([...shown].length).toBe(160);
    expect(shown.endsWith("もしもし ")).toBe(true);
    expect(append("あ", "い")).toBe("あい");
  });
});
