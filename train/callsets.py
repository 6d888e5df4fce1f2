"""Makes whole rendered calls in work/calls, for `commusafe eval calls`: sound in, actions out.

dialogues/  the calls of internal/proof/eval/testdata/dialogues.jsonl of under four minutes, said as they are written. The callers' voice is
            the one that the spotter never heard; the agents' is another. What is expected is what is expected of the words:
            harassers are to be noticed, and to be cut; those who complain, ask, tell or speak dialect are to be left alone.
strangers/  lines of strangers-unseen.jsonl and strangers-blind2.jsonl, which nothing that listens was made in view of, by the same voice: calls of eight lines of
            one kind of harassment, and calls of eight that only look like it, or are said by victims, by people in need, by customers in their rights;
            of an emergency people are to be told
further/    lines of strangers-blind3.jsonl in the same way; those of people in need are eight in a call too, or one alone among three that only look like
            harassment or are nothing at all
people/     the calls of dialogues-strangers.jsonl: harassers, people in need, such as only sound like it, upset customers; by the voice that the spotter never
            heard
people2/    the calls of dialogues-strangers2.jsonl in the same way; besides them ordinary calls of 46 to 50 turns
people3/    those of dialogues-strangers3.jsonl, with ordinary calls of 30 to 36 turns
known/      the last three kinds of people/ again, by a voice that it knows, as a bound: a stranger's voice is read worse than it, and better than the one above
ordinary/   service dialogues of data/text (ASDC, the part for measures), each caller another shape of a voice
Lines, rooms, noise and level are drawn at random; the seed is fixed. Names as arguments: those sets alone (ordinary
draws after dialogues: name both).
"""

import json
import os
import sys

import numpy as np

import activity
import features
import g711
import scenes
from common import HERE, WORK, jtalk, shared
from render import LEFT_OUT

OUT = os.path.join(WORK, "calls")
DIALOGUES = os.path.join(HERE, "..", "internal", "proof", "eval", "testdata", "dialogues.jsonl")
ORDINARY = 40
LINES = 8  # of a stranger in a call


def line(r, pool, n):
    """What a line does to n samples of a voice: a function."""
    gain, room = features.shape(r, 2049), features.room(r)[:1600] if r.random() < 0.3 else None
    noise, _ = scenes.background(r, n, pool)
    snr, level = r.uniform(15, 35), r.uniform(-30, -16)

    def carry(x):
        size = 1 << int(np.ceil(np.log2(n + 3200)))
        spec = np.fft.rfft(x, size)
        if room is not None:
            spec = spec * np.fft.rfft(room, size)
        x = np.fft.irfft(spec * np.interp(np.linspace(0, 1, size // 2 + 1), np.linspace(0, 1, len(gain)), gain), size)[:n]
        rms = np.sqrt(np.mean(x[np.abs(x) > 1e-3 * np.abs(x).max()] ** 2)) + 1e-9
        x = x + noise * (rms / (np.sqrt(np.mean(noise ** 2)) + 1e-9) * 10 ** (-snr / 20))
        return g711.decode(g711.encode(np.clip(x / rms * 10 ** (level / 20), -1, 1)))
    return carry


def call(r, pool, name, turns, voices):
    """Renders turns (party, text, wanted begin in s or None) and writes one file a party. Gives the begin and end of each turn."""
    at, spans, parts = 0.5, [], {"caller": [], "agent": []}
    for party, text, begin in turns:
        x, _ = jtalk(text, *voices[party])
        at = max(at, begin or 0)
        parts[party].append((int(at * 8000), x))
        spans.append((at, at + len(x) / 8000))
        at += len(x) / 8000 + r.uniform(0.3, 1.0)
    n = int((at + 8) * 8000)
    for party, said in parts.items():
        y = np.zeros(n)
        for k, x in said:
            y[k:k + len(x)] += x
        g711.write_wav(os.path.join(OUT, name + f"-{party}.wav"), line(r, pool, n)(y) if said else y)
    return spans


def voice(r):
    return ["mei_normal", "mei_happy", "mei_bashful", "tohoku-f01-neutral", LEFT_OUT][r.integers(5)], r.uniform(0.42, 0.6), r.uniform(-9, 3), r.uniform(0.85, 1.2)


def dialogues(r, pool):
    rows = []
    for l in open(DIALOGUES, encoding="utf-8"):
        d = json.loads(l)
        turns = [t for t in d["turns"] if t.get("party")]
        if turns[-1]["at_ms"] > 240000 or len(turns) != len(d["turns"]):
            continue
        name = "dialogues/" + d["call"]
        spans = call(r, pool, name, [(t["party"], t["text"], t["at_ms"] / 1000) for t in turns], {"caller": (LEFT_OUT,), "agent": ("mei_normal",)})
        stage, here = d["expect"]["stage"], [os.path.basename(name) + f"-{p}.wav" for p in ("caller", "agent")]
        first = next(s for s, t in zip(spans, turns) if t["party"] == "caller")
        ms = lambda s: str(int(s * 1000))
        preset = d.get("preset", "")
        if stage == "normal":
            rows.append((*here, "ordinary", "", "", "", preset))
        elif stage == "closed":
            rows.append((*here, "alert", ms(first[0]), ms(first[1]), "60000", preset))
            rows.append((*here, "cut", ms(first[0]), ms(first[1]), "240000", preset))
        elif {"notify", "alert"} & set(d["expect"].get("actions", [])):
            rows.append((*here, "alert", ms(first[0]), ms(spans[-1][1]), "60000", preset))
    return rows


def strangers(r, pool):
    rows, of = [], {}
    for name in ("strangers-unseen", "strangers-blind2"):
        for l in open(os.path.join(os.path.dirname(DIALOGUES), name + ".jsonl"), encoding="utf-8"):
            d = json.loads(l)
            of.setdefault(d["category"] if d["kind"] == "positive" else "", []).append((d["text"], d["category"] == "G-CRISIS"))
    for category, lines in sorted(of.items()):
        lines = [lines[i] for i in r.permutation(len(lines))]
        for k in range(len(lines) // LINES):
            rows.append(talk(r, pool, f"strangers/{category.lower() or 'look-alike'}-{k + 1}", lines[k * LINES:(k + 1) * LINES], bool(category)))
    return rows


def talk(r, pool, name, lines, all_due):
    """Renders a call of a caller's lines (text, whether somebody is in need). Gives its row of what is expected."""
    turns = [("agent", "お電話ありがとうございます。ご用件を伺います。", 0.5)]
    due = 1 if all_due else None  # the turn from which people are to be told
    for text, crisis in lines:
        if crisis and due is None:
            due = len(turns)
        turns += [("caller", text, None), ("agent", "申し訳ございません。確認いたします。", None)]
    voice = (LEFT_OUT, r.uniform(0.45, 0.58), r.uniform(-6, 2), r.uniform(0.9, 1.2))
    spans, here = call(r, pool, name, turns, {"caller": voice, "agent": ("mei_normal",)}), [os.path.basename(name) + f"-{p}.wav" for p in ("caller", "agent")]
    ms = lambda s: str(int(s * 1000))
    if due is None:
        return (*here, "ordinary", "", "", "", "自動")
    return (*here, "alert", ms(spans[due][0]), ms(spans[due][1]), ms(spans[-1][1] - spans[due][1] + 8), "自動")


def further(r, pool):
    rows, of = [], {}
    for l in open(os.path.join(os.path.dirname(DIALOGUES), "strangers-blind3.jsonl"), encoding="utf-8"):
        d = json.loads(l)
        kind = "crisis" if d["category"] == "G-CRISIS" else d["category"].lower() if d["kind"] == "positive" else "look-alike"
        of.setdefault(kind, []).append((d["text"], kind == "crisis"))
    of = {kind: [lines[i] for i in r.permutation(len(lines))] for kind, lines in sorted(of.items())}
    crisis, alike = of["crisis"], of["look-alike"]
    half = len(crisis) // (2 * LINES) * LINES
    for k, line in enumerate(crisis[half:]):
        lines = alike[:3]
        del alike[:3]
        lines.insert(r.integers(4), line)
        rows.append(talk(r, pool, f"further/passing-{k + 1}", lines, False))
    del crisis[half:]
    for kind, lines in of.items():
        for k in range(len(lines) // LINES):
            rows.append(talk(r, pool, f"further/{kind}-{k + 1}", lines[k * LINES:(k + 1) * LINES], kind != "look-alike"))
    return rows


def people(_, pool, voice=LEFT_OUT, name="people", source="dialogues-strangers.jsonl"):
    rows = []
    for l in open(os.path.join(os.path.dirname(DIALOGUES), source), encoding="utf-8"):
        d = json.loads(l)
        kind = d["call"].split("-")[0]
        if voice != LEFT_OUT and kind == "harass":
            continue
        r = np.random.default_rng([131, sum(map(ord, d["call"]))])
        voices = {"caller": (voice, r.uniform(0.45, 0.58), r.uniform(-6, 2), r.uniform(0.9, 1.2)), "agent": ("mei_normal",)}
        turns = [(t["party"], t["text"], None) for t in d["turns"]]
        spans, here = call(r, pool, f"{name}/{d['call']}", turns, voices), [f"{d['call']}-{p}.wav" for p in ("caller", "agent")]
        first = next(s for s, t in zip(spans, turns) if t[0] == "caller")
        ms = lambda s: str(int(s * 1000))
        if kind in ("need", "harass"):
            rows.append((*here, "alert", ms(first[0]), ms(first[1]), ms(spans[-1][1] - first[1] + 8), "自動"))
        else:
            rows.append((*here, "ordinary", "", "", "", "自動"))
    return rows


def people2(r, pool):
    return people(r, pool, name="people2", source="dialogues-strangers2.jsonl")


def people3(r, pool):
    return people(r, pool, name="people3", source="dialogues-strangers3.jsonl")


def known(r, pool):
    return people(r, pool, "mei_angry", "known")


def ordinary(r, pool):
    rows, by = [], {}
    for row in scenes.table("data", "text", "dev.tsv"):
        if row["source"] == "ASDC":
            by.setdefault(row["id"].rsplit("-", 1)[0], []).append(("agent" if "operator" in row["style"] else "caller", row["text"], None))
    for name in sorted(by)[:ORDINARY]:
        call(r, pool, "ordinary/" + name, by[name], {"caller": voice(r), "agent": voice(r)})
        rows.append((name + "-caller.wav", name + "-agent.wav", "ordinary", "", "", "", ""))
    return rows


def main():
    r, own, new = np.random.default_rng(51), np.random.default_rng(77), np.random.default_rng(103)
    features.ROOMS = activity.rooms()
    pool = scenes.noises(True)
    sets = (("dialogues", dialogues, r), ("ordinary", ordinary, r), ("strangers", strangers, own), ("further", further, new), ("people", people, None), ("people2", people2, None), ("people3", people3, None), ("known", known, None))
    wanted = sys.argv[1:] or [name for name, _, _ in sets]
    if set(wanted) - {name for name, _, _ in sets} or "ordinary" in wanted and "dialogues" not in wanted:
        sys.exit("sets: " + " ".join(name for name, _, _ in sets) + "; ordinary draws after dialogues: name both")
    for name, rows, r in sets:
        if name not in wanted:
            continue
        os.makedirs(os.path.join(OUT, name), exist_ok=True)
        all_ = [("caller", "agent", "expect", "from_ms", "at_ms", "within_ms", "preset")] + rows(r, pool)
        with open(os.path.join(OUT, name, "expect.tsv"), "w", encoding="utf-8") as f:
            f.write("\n".join("\t".join(row) for row in all_) + "\n")


if __name__ == "__main__":
    main()
