"""Makes the sets of the small nets' measures in work/sets; nothing in them was trained with. Seeds are fixed.

vad.tsv      scenes of a voice that was left out of training, in noises that were left out; true labels of the renderer
emotion.tsv  data/emotion dev: acted speech and bursts of unseen speakers, in one table, with full paths
language.tsv rendered Japanese, angry voices against their calm ones: mei is never trained on, tohoku is, with other sentences
calls.tsv    calls put together from the clips of one unseen speaker each: calm ones first, then angry or calm ones
calls_language.tsv the same of rendered Japanese voices, each call a corpus by its voice
readers.tsv  calm reading of people whom no training heard
style.tsv    speaker trials of the acted speakers: calm to calm, calm to angry
"""

import os
import sys

import numpy as np
import soundfile

import activity
import features
import g711
import scenes
from common import WORK, jtalk, shared
from render import sentences

OUT = os.path.join(WORK, "sets")


def write(name, head, rows):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write("\n".join("\t".join(map(str, r)) for r in [head] + rows) + "\n")


def spans(label):
    edge = np.flatnonzero(np.diff(np.concatenate([[0], label.astype(int), [0]])))
    return "|".join(f"{a * 1000 // 8000}-{b * 1000 // 8000}" for a, b in zip(edge[::2], edge[1::2]))


def vad():
    r = np.random.default_rng(31)
    features.ROOMS = activity.rooms()
    clips, pool, rows = scenes.spoken(r, 70, True), scenes.noises(True), []
    for snr in (0, 5, 10, 20, 30):
        for k in range(16):
            x, label, name = scenes.scene(r, clips, pool, snr, 0)
            path = os.path.join(OUT, f"vad{snr}_{k}.wav")
            g711.write_wav(path, x)
            rows.append((path, spans(label), f"snr/{snr:02d}", f"noise/{name}"))
    write("vad.tsv", ("path", "speech", "condition"), [r[:3] for r in rows])
    write("vad_noise.tsv", ("path", "speech", "condition"), [r[:2] + r[3:] for r in rows])


def emotion():
    rows = []
    for name in ("dev", "burst_dev"):
        for row in scenes.table("data", "emotion", name + ".tsv"):
            rows.append((shared("data", "emotion", row["path"]), row["speaker"], row["class3"], row["corpus"]))
    write("emotion.tsv", ("path", "speaker", "class3", "corpus"), [(os.path.abspath(r[0]), *r[1:]) for r in rows])


def language():
    r, rows = np.random.default_rng(33), []
    texts = [t for k, t in sentences() if not k.startswith("ROHAN")]
    for calm, angry, speaker in (("mei_normal", "mei_angry", "mei"), ("tohoku-f01-neutral", "tohoku-f01-angry", "tohoku-f01")):
        for i in r.permutation(len(texts))[:40]:
            for voice, what in ((calm, "neutral"), (angry, "anger")):
                x, _ = jtalk(texts[i], voice)
                path = os.path.join(OUT, f"lang_{voice}_{i}.wav")
                g711.write_wav(path, g711.level(x, -20))
                rows.append((path, speaker, what, f"rendered-{speaker}"))
    write("language.tsv", ("path", "speaker", "class3", "corpus"), rows)


def calls():
    """Each call: six calm clips with pauses (warm-up), then four angry or four other calm ones; class3 tells which."""
    r, rows = np.random.default_rng(34), []
    clips = scenes.table("data", "emotion", "dev.tsv")
    for speaker in sorted({c["speaker"] for c in clips}):
        of = {k: [c for c in clips if c["speaker"] == speaker and c["class3"] == k] for k in ("anger", "neutral")}
        for k in range(12):
            what = ("anger", "neutral")[k % 2]
            calm = list(r.permutation(len(of["neutral"])))
            first, then = calm[:8], (calm[8:12] if what == "neutral" else r.permutation(len(of["anger"]))[:4])
            parts, at = [], 0.0
            for part, kind in ((first, "neutral"), (then, what)):
                if kind == what and part is then:
                    at = sum(map(len, parts)) / 8000
                for i in part:
                    x, _ = soundfile.read(shared("data", "emotion", of[kind][i]["path"]))
                    parts += [g711.level(x, -22), np.zeros(int(r.uniform(0.3, 0.9) * 8000))]
            path = os.path.join(OUT, f"call_{speaker}_{k}.wav")
            x = np.concatenate(parts)
            g711.write_wav(path, x + r.normal(0, 0.001, len(x)))
            rows.append((os.path.abspath(path), speaker, what, "calls", int(at * 1000)))
    write("calls.tsv", ("path", "speaker", "class3", "corpus", "from_ms"), rows)


def calls_language():
    """Calls as those of calls(), of sentences rendered with a calm voice and then with its angry or again its calm style."""
    r, rows = np.random.default_rng(36), []
    texts = [t for k, t in sentences() if not k.startswith("ROHAN")]
    for calm, angry, speaker in (("mei_normal", "mei_angry", "mei"), ("tohoku-f01-neutral", "tohoku-f01-angry", "tohoku-f01")):
        for k in range(24):
            what = ("anger", "neutral")[k % 2]
            parts, at = [], 0
            for n, i in enumerate(r.permutation(len(texts))[:10]):
                if n == 6:
                    at = sum(map(len, parts))
                x, _ = jtalk(texts[i], angry if n >= 6 and what == "anger" else calm)
                parts += [g711.level(x, -22), np.zeros(int(r.uniform(0.3, 0.9) * 8000))]
            path = os.path.join(OUT, f"call_{speaker}_{k}.wav")
            x = np.concatenate(parts)
            g711.write_wav(path, x + r.normal(0, 0.001, len(x)))
            rows.append((os.path.abspath(path), speaker, what, f"calls-{speaker}", at * 1000 // 8000))
    write("calls_language.tsv", ("path", "speaker", "class3", "corpus", "from_ms"), rows)


def readers():
    """Calm reading of people whom no training heard, in two languages: how often calm is taken for anger."""
    rows = [(os.path.abspath(shared("data", "speaker", c["path"])), c["speaker"], "neutral", "librispeech-en")
            for c in scenes.table("data", "speaker", "dev_utts.tsv")]
    rows += [(os.path.abspath(shared("data", "speech", c["path"])), c["path"], "neutral", "people-ja")
             for c in scenes.table("data", "speech", "dev.tsv")]
    write("readers.tsv", ("path", "speaker", "class3", "corpus"), rows)


def style():
    rows = []
    clips = [c for name in ("train", "dev") for c in scenes.table("data", "emotion", name + ".tsv")]
    r = np.random.default_rng(35)
    full = lambda c: os.path.abspath(shared("data", "emotion", c["path"]))
    by = lambda s, k: [c for c in clips if c["speaker"] == s and c["class3"] == k]
    speakers = sorted({c["speaker"] for c in clips if c in scenes.table("data", "emotion", "dev.tsv")})
    everyone = sorted({c["speaker"] for c in clips})
    for s in speakers:
        calm = by(s, "neutral")
        for k in range(40):
            enrol = [calm[i] for i in r.permutation(len(calm))[:3]]
            e = "|".join(full(c) for c in enrol)
            for kind in ("neutral", "anger"):
                tests = [c for c in by(s, kind) if c not in enrol]
                rows.append((1, e, full(tests[r.integers(len(tests))]), f"calm_to_{kind}"))
                other = [c for o in everyone if o != s and o in speakers + ["emo03", "emo08"] for c in by(o, kind)]
                rows.append((0, e, full(other[r.integers(len(other))]), f"calm_to_{kind}"))
    write("style.tsv", ("target", "enrol", "test", "kind"), rows)


def main(which):
    os.makedirs(OUT, exist_ok=True)
    for f in (vad, emotion, language, calls, calls_language, readers, style):
        if not which or f.__name__ in which:
            f()


if __name__ == "__main__":
    main(sys.argv[1:])
