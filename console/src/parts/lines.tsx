import { type KeyboardEvent, useEffect, useRef } from "react";
import { callTime } from "../lib/format";
import type { ViewLine } from "../lib/model";
import { known, useTexts } from "../lib/texts";
import { likeness } from "./voices";

interface Props {
  lines: ViewLine[];
  /** Keep the newest line in sight. */
  follow?: boolean;
  /** The call time that is being played, to mark the line. */
  playing?: number;
  onSeek?: (ms: number) => void;
}

const spoken = ["utterance", "phrase", "gist", "partial", "dtmf"];

/** What was said and done, in three columns: caller, time, agent; what people and the machine did stands across. */
export function Lines({ lines, follow, playing, onSeek }: Props) {
  const { t } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const newest = lines.at(-1);
  const mark = `${newest?.seq}/${newest?.at_ms}/${newest?.text}`;
  // mark stands for a new line
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [mark, follow]);
  const current = playing === undefined ? -1 : lines.findLastIndex((l) => l.at_ms <= playing + 300);

  if (lines.length === 0) return <p className="quiet pad">{t("screen.call.lines.empty")}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <div className="lines" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={t("screen.call.lines")}>
      <div className="lanes-head" aria-hidden="true">
        <span>{t("party.caller")}</span>
        <span />
        <span>{t("party.agent")}</span>
      </div>
      <ol>
        {lines.map((l, i) => (
          <LineRow key={`${l.seq}-${i}`} line={l} current={i === current} onSeek={onSeek} />
        ))}
      </ol>
    </div>
  );
}

function LineRow({ line: l, current, onSeek }: { line: ViewLine; current: boolean; onSeek?: (ms: number) => void }) {
  const { t } = useTexts();
  const isSpoken = spoken.includes(l.kind) && l.party;
  const place = isSpoken ? l.party : "across";
  const seek = onSeek && (() => onSeek(Math.max(0, l.at_ms - 2000)));
  const time = (
    <span className="at">
      {seek ? (
        <button
          type="button"
          className="seek"
          aria-label={t("screen.lines.seek", { time: callTime(l.at_ms) })}
          onClick={(e) => {
            e.stopPropagation();
            seek();
          }}
          onKeyDown={(e: KeyboardEvent) => e.stopPropagation()}
        >
          {callTime(l.at_ms)}
        </button>
      ) : (
        callTime(l.at_ms)
      )}
    </span>
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the time in the row is the button for the keyboard
    <li
      className={`line ${place} k-${l.kind} ${l.level ?? ""}${current ? " current" : ""}${seek ? " can-seek" : ""}${l.phase ? ` p-${l.phase}` : ""}`}
      onClick={seek}
    >
      {time}
      <div className="what">{isSpoken ? <Spoken line={l} /> : <Happened line={l} />}</div>
    </li>
  );
}

/** What stands for the words of a line. */
function said(l: ViewLine, t: ReturnType<typeof useTexts>["t"]) {
  switch (l.kind) {
    case "dtmf":
      return t("screen.lines.dtmf", { digit: l.text ?? "" });
    case "gist":
      return t("screen.lines.gist");
    default:
      return l.text;
  }
}

function Spoken({ line: l }: { line: ViewLine }) {
  const { t } = useTexts();
  return (
    <>
      <span className="visually-hidden">{t(`party.${l.party ?? "caller"}`)}: </span>
      <span className="words">{said(l, t)}</span>
      {(l.kind === "phrase" || l.kind === "partial" || l.category) && (
        <span className="labels">
          {(l.kind === "phrase" || l.kind === "gist") && <span className="tag spotted">{t(`kind.${l.kind}`)}</span>}
          {l.kind === "partial" && <span className="tag">{t("screen.lines.partial")}</span>}
          {l.category && (
            <span className="tag strong">
              {l.kind === "gist" ? t("screen.gist.like", { category: `@category.${l.category}` }) : t(`category.${l.category}`)}
            </span>
          )}
          {(l.kind === "phrase" || l.kind === "gist") && l.confidence !== undefined && (
            <span className="quiet">{t("screen.lines.confidence", { n: Math.round(l.confidence * 100) })}</span>
          )}
        </span>
      )}
    </>
  );
}

function Happened({ line: l }: { line: ViewLine }) {
  const { t, say } = useTexts();
  const key = (prefix: string, name: string | undefined) =>
    name && known(`${prefix}.${name}`) ? say(`${prefix}.${name}`) : (name ?? "");
  const phase = l.phase ?? "done";
  switch (l.kind) {
    case "action":
      return (
        <>
          <strong>{say(`screen.lines.action.${phase}`, { do: `@action.${l.do}` })}</strong>
          <span className="tag">
            {l.by ? t("screen.lines.action.by", { by: l.by }) : t("screen.lines.action.auto")}
          </span>
          {l.because && <span className="quiet">{say(l.because)}</span>}
        </>
      );
    case "proposal":
      return <strong>{t("screen.lines.proposal", { do: `@action.${l.do ?? "notify"}` })}</strong>;
    case "command":
      return (
        <>
          {t("screen.lines.command", { by: l.by ?? "", do: key("command", l.text) })}
          {l.because && <span className="tag bad">{t("screen.lines.command.refused")}</span>}
        </>
      );
    case "mark":
      return <>{t("screen.lines.mark", { mark: key("mark", l.text) })}</>;
    case "gap":
      return (
        <>
          {t("screen.lines.gap", { what: key("gap", l.text) })}{" "}
          <span className="quiet">
            {l.because && known(l.because) ? say(l.because) : key("screen.lines.gap", l.because)}
          </span>
        </>
      );
    case "voice":
      return (
        <>
          {t("screen.lines.voice")}{" "}
          <span className="quiet">{t("screen.lines.voice.score", { n: likeness(l.confidence ?? 0) })}</span>
        </>
      );
    case "notice":
      return <>{t("screen.lines.notice")}</>;
    case "judgement":
      return <>{t("screen.lines.judgement", { level: `@level.${l.level ?? "S0"}` })}</>;
    case "call":
      return <>{key("call", l.text)}</>;
  }
  return <>{l.text ?? key("action", l.do)}</>;
}
