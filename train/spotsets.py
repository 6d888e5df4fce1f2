"""Makes the sets that `commusafe eval spot` reads, in work/spot: none of them is used for training.

rendered.tsv the phrases of data/phrases said by the voice that was left out of training, through noise, rooms and G.711;
            negatives are each phrase against the other clips and every innocent human clip that no training heard
joined.tsv  real human words of an unseen speaker, alone and joined by two or three to 9 phonemes or more; each is a phrase
fold.tsv    the same with the training speakers' words of the fold that was left out
words.tsv   real human, unseen speaker (Kanji alive): four words joined; phrases are two neighbouring words
speech.tsv  real human sentences (Common Voice), phrases are stretches of their words; the other human clips as negatives
calm.tsv    innocent Japanese: rendered dialogue (texts of ASDC and RealPersonaChat), and the human clips of data/speech
english.tsv innocent English of many real voices: clips of LibriSpeech readers whom neither training nor calibration holds
shipped.txt the shipped lexicon's readings, for both, without those of entries that are heard only: heard.txt
"""

import csv
import glob
import json
import os
import re
import subprocess
import tempfile

import numpy as np
import soundfile

import activity
import features
import g711
import render
import scenes
from kana import phonemes
from pseudo import trained_with
from render import LEFT_OUT
from common import DICTIONARY, HERE, WORK, jtalk, shared
from export import calibration

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


def human_clips():
    """Every human clip in which nothing is said that offends and that the net knows nothing of: Japanese, and English."""
    return ([(os.path.abspath(p), "") for p in sorted(glob.glob(os.path.join(shared("data", "speech"), "*.flac")))] +
            [(os.path.abspath(p), "") for p in english()])


def english():
    paths = sorted(glob.glob(os.path.join(shared("data", "speaker", "librispeech"), "**", "*.flac"), recursive=True))
    used = set(calibration(paths))
    return [p for p in paths if p not in used and not trained_with(p)]


def rendered(name, noisiest):
    r = np.random.default_rng(8)
    features.ROOMS = activity.rooms()
    features.NOISE = [x for _, x in sorted(scenes.noises(True).items())]
    clips, phrases = [], []
    with open(shared("data", "phrases", "dev.jsonl"), encoding="utf-8") as f:
        texts = [json.loads(line)["text"] for line in f]
    for k, text in enumerate(texts):
        kana = [m for m in morphemes(text) if re.fullmatch("[ァ-ヶー]+", m)]
        whole = "".join(kana)
        part = next(("".join(kana[a:b]) for a in range(len(kana)) for b in range(a + 1, len(kana) + 1)
                     if 9 <= len(phonemes("".join(kana[a:b])) or []) <= 26), None)
        if part is None or phonemes(whole) is None:
            continue
        x, _ = jtalk(text, LEFT_OUT, alpha=r.uniform(0.53, 0.63), semitones=r.uniform(-12, 1), rate=r.uniform(0.95, 1.4))
        path = os.path.join(OUT, f"{name}{k}.wav")
        g711.write_wav(path, features.augment(r, x / (np.abs(x).max() + 1e-9), noisiest))
        clips.append((path, whole))
        phrases.append(part)
    table(name + ".tsv", clips + human_clips())
    lines(name + ".txt", phrases)


def tune():
    """What export.py's numbers were set on: short phrases of the held-out corpus sentences, in voices and noises of the training."""
    r = np.random.default_rng(78)
    features.load()
    clips, phrases = [], []
    for key, text in [(k, t) for k, t in render.sentences() if features.held(k)] * 3:
        kana = [m for m in morphemes(text.strip()) if re.fullmatch("[ァ-ヶー]+", m)]
        parts = [(a, b) for a in range(len(kana)) for b in range(a + 1, len(kana) + 1)
                 if 9 <= len(phonemes("".join(kana[a:b])) or []) <= 20]
        if not parts or phonemes("".join(kana)) is None:
            continue
        a, b = parts[r.integers(len(parts))]
        part = "".join(kana[a:b])
        x, _ = jtalk(part, render.VOICES[r.integers(8)], alpha=r.uniform(0.53, 0.63), semitones=r.uniform(-12, 1), rate=r.uniform(0.95, 1.4))
        path = os.path.join(OUT, f"tune{len(clips)}.wav")
        g711.write_wav(path, features.augment(r, x / (np.abs(x).max() + 1e-9)))
        clips.append((path, part))
        phrases.append(part)
        if len(clips) == 260:
            break
    paths = sorted(glob.glob(os.path.join(shared("data", "speaker", "librispeech"), "**", "*.flac"), recursive=True))
    table("tune.tsv", clips + [(os.path.abspath(p), "") for p in calibration(paths)])
    lines("tune.txt", phrases)


def joined(name, rows, count):
    """Words alone (half as many as joined ones) and words joined by two or three; each clip's kana is a phrase."""
    r = np.random.default_rng(9)
    clips, phrases = [], []
    for k in range(count + count // 2):
        for _ in range(50):
            some = [rows[i] for i in r.choice(len(rows), 1 if k >= count else int(r.integers(2, 4)), replace=False)]
            kana = "".join(row["kana"] for row in some)
            p = phonemes(kana)
            if p and (k >= count or len(p) >= 9) and kana not in phrases:
                break
        parts = []
        for row in some:
            x, _ = soundfile.read(shared("data", "words", row["path"]))
            loud = np.nonzero(np.abs(x) > 0.03 * np.abs(x).max())[0]
            x = x[max(0, loud[0] - 240):loud[-1] + 400]
            parts += [x / np.abs(x).max() * 0.4, np.zeros(int(r.uniform(0, 0.08) * 8000))]
        path = os.path.join(OUT, f"{name}{k}.wav")
        g711.write_wav(path, np.concatenate([np.zeros(2400)] + parts + [np.zeros(2400)]) + r.normal(0, 0.001, 4800 + sum(map(len, parts))))
        clips.append((path, kana))
        phrases.append(kana)
    table(name + ".tsv", clips)
    lines(name + ".txt", phrases)


def word_rows(name):
    with open(shared("data", "words", name), encoding="utf-8") as f:
        return [row for row in csv.DictReader(f, delimiter="\t") if phonemes(row["kana"])]


def morphemes(text):
    with tempfile.TemporaryDirectory() as d:
        trace = os.path.join(d, "t")
        subprocess.run(["open_jtalk", "-x", DICTIONARY, "-m", shared("models", "tts", "mei_normal.htsvoice"),
                        "-ow", os.path.join(d, "w"), "-ot", trace], input=text.encode(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(trace, encoding="utf-8") as f:
            part = f.read().split("[Text analysis result]")[1].split("[Output label]")[0]
    return [re.sub("[’']", "", line.split(",")[9]) for line in part.strip().split("\n") if line.count(",") > 9]


# The kana of the clips with a transcript, by hand, cut into words.
SPOKEN = {
    "38833628": "ヤッパリ オバケ ヤ ユウレイ ジャ ナイン ダ アアシテ アルイテ イル トコロ ヲ ミルト ニンゲン ニ チガイナイ",
    "38852485": "スルト ブランコノリ ワ トツゼン ナキハジメタ スッカリ オドロイタ コウギョウヌシ ワ トビアガリ イッタイ ドウシタノカ ト タズネタ",
    "38864552": "ヘンゼル ワ ヤネガ トテモ オイシカッタ ノデ オオキナ ヤツヲ イチマイ ソックリ メクッテ モッテ キマシタ",
    "38898180": "キミト ナラ ハナスカイ ト ケー ワ キイタ ワタシモ ダメヨ ト フリーダ ガ イウ アナタモ ダメヨ ワタシモ ダメヨ マッタク デキナイ コト ナノヨ",
}


def speech():
    clips, phrases = [], []
    with open(shared("data", "speech", "dev.tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            kana = next((v.split() for k, v in SPOKEN.items() if k in row["path"]), [])
            for i in range(len(kana)):
                for n in (1, 2, 3, 4):
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
    table("english.tsv", [(os.path.abspath(p), "") for p in english()])


def lexicon():
    out = []
    for path in sorted(glob.glob(os.path.join(HERE, "..", "internal", "judge", "lexicon", "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            for entry in f.read().split("\n  - id: ")[1:]:  # by its reading, or by itself where it is in kana
                said = re.search(r"^    reading: (\S+)", entry, re.M) or re.search(r"^    surface: '?([ぁ-ゖァ-ヺー]+)'?$", entry, re.M)
                out += [said[1]] if said else []
    lines("shipped.txt", out)
    heard = []
    for path in sorted(glob.glob(os.path.join(HERE, "..", "internal", "judge", "lexicon", "*-heard.yaml"))):
        with open(path, encoding="utf-8") as f:
            heard += re.findall(r"reading: ([^,}]+)", f.read())
    lines("heard.txt", heard)


def main():
    os.makedirs(OUT, exist_ok=True)
    words()
    joined("joined", word_rows("dev.tsv"), 200)
    joined("fold", [row for row in word_rows("train.tsv") if row["fold"] == "0"], 200)
    rendered("rendered", 4)
    rendered("quieter", 15)
    calm()
    speech()
    lexicon()
    if os.path.exists(os.path.join(WORK, "tts.i16")):
        tune()
    else:
        print("tune.tsv is left out: it needs the sound that the spotter is trained with (render.py)")


if __name__ == "__main__":
    main()
