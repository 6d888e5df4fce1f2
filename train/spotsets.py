"""Makes the sets that `commusafe eval spot` reads, in work/spot: none of them is used for training.

words.tsv   real human, unseen speaker (Kanji alive): four words joined; phrases are two neighbouring words
speech.tsv  real human sentences (Common Voice), phrases are stretches of their words; the other human clips as negatives
calm.tsv    innocent Japanese: rendered dialogue (texts of ASDC and RealPersonaChat), and the human clips of data/speech
english.tsv innocent English of many real voices: LibriSpeech clips that the calibration does not hold
shipped.txt the shipped lexicon's readings, for both
"""

import csv
import glob
import os
import re
import subprocess
import tempfile

import numpy as np
import soundfile

import g711
from common import DICTIONARY, HERE, WORK, jtalk, shared

OUT = os.path.join(WORK, "spot")


def table(name, rows):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write("path\tkana\n" + "".join(f"{p}\t{k}\n" for p, k in rows))


def lines(name, items):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as f:
        f.write("\n".join(dict.fromkeys(items)) + "\n")


def words():
    with open(shared("data", "words", "dev.tsv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    r = np.random.default_rng(5)
    r.shuffle(rows)
    clips, phrases = [], []
    for k in range(0, len(rows) - 3, 4):
        parts = []
        for row in rows[k:k + 4]:
            x, _ = soundfile.read(shared("data", "words", row["path"]))
            loud = np.nonzero(np.abs(x) > 0.03 * np.abs(x).max())[0]
            x = x[max(0, loud[0] - 240):loud[-1] + 400]
            parts += [x / np.abs(x).max() * 0.4, np.zeros(int(r.uniform(0, 0.08) * 8000))]
        path = os.path.join(OUT, f"words{k}.wav")
        g711.write_wav(path, np.concatenate([np.zeros(2400)] + parts + [np.zeros(2400)]))
        kana = [row["kana"] for row in rows[k:k + 4]]
        clips.append((path, "".join(kana)))
        phrases += [kana[1] + kana[2]]
    table("words.tsv", clips)
    lines("words.txt", phrases)


def morphemes(text):
    with tempfile.TemporaryDirectory() as d:
        trace = os.path.join(d, "t")
        subprocess.run(["open_jtalk", "-x", DICTIONARY, "-m", shared("models", "tts", "mei_normal.htsvoice"),
                        "-ow", os.path.join(d, "w"), "-ot", trace], input=text.encode(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(trace, encoding="utf-8") as f:
            part = f.read().split("[Text analysis result]")[1].split("[Output label]")[0]
    return [re.sub("[’']", "", line.split(",")[9]) for line in part.strip().split("\n") if line.count(",") > 9]


def speech():
    clips, phrases = [], []
    with open(shared("data", "speech", "dev.tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            kana = []
            if row["transcript"]:
                kana = [m for m in morphemes(row["transcript"]) if re.fullmatch("[ァ-ヶー]+", m)]
                for i in range(len(kana)):
                    for n in (2, 3, 4):
                        s = "".join(kana[i:i + n])
                        if len(kana) >= i + n and 6 <= len(s) <= 12 and i % 2 == 0:
                            phrases.append(s)
            clips.append((shared("data", "speech", row["path"]), "".join(kana)))
    table("speech.tsv", [(os.path.abspath(p), k) for p, k in clips])
    lines("speech.txt", phrases)


def calm_rendered():
    return sorted((p, "") for p in glob.glob(os.path.join(OUT, "calm*.wav")))


def calm():
    r = np.random.default_rng(6)
    with open(shared("data", "text", "dev.tsv"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    voices = ["mei_normal", "mei_happy", "mei_sad", "mei_angry", "tohoku-f01-neutral", "tohoku-f01-happy", "tohoku-f01-angry"]
    made = 0
    for source, count in (("ASDC", 160), ("RealPersonaChat", 300)):
        texts = [row["text"] for row in rows if row["source"] == source and 8 <= len(row["text"]) <= 60]
        for i in r.permutation(len(texts))[:count]:
            x, _ = jtalk(texts[i], str(r.choice(voices)), alpha=r.uniform(0.53, 0.63), semitones=r.uniform(-12, 1),
                         rate=r.uniform(0.95, 1.4))
            x = g711.level(x, -20)
            g711.write_wav(os.path.join(OUT, f"calm{made}.wav"), x + r.normal(0, 0.003, len(x)))
            made += 1
    table("calm.tsv", [(os.path.abspath(p), "") for p, _ in calm_rendered()] +
          [(os.path.abspath(p), "") for p in sorted(glob.glob(os.path.join(shared("data", "speech"), "*.flac")))])
    english = sorted(glob.glob(os.path.join(shared("data", "speaker", "librispeech"), "**", "*.flac"), recursive=True))
    used = set(np.random.default_rng(3).permutation(english)[:40])  # as in export.py: the calibration's own
    table("english.tsv", [(os.path.abspath(p), "") for p in english if p not in used])


def lexicon():
    out = []
    for path in sorted(glob.glob(os.path.join(HERE, "..", "internal", "judge", "lexicon", "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            out += re.findall(r"^\s*reading:\s*(\S+)", f.read(), re.M)
    lines("shipped.txt", out)


def main():
    os.makedirs(OUT, exist_ok=True)
    words()
    calm()
    speech()
    lexicon()


if __name__ == "__main__":
    main()
