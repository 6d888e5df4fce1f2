"""Step 2: augmented copies of everything as features: work/copy<k>.npz, k = 0 … n-1.

A copy holds RENDERED of the renderings, drawn anew, the human words twice, joined to pseudo-sentences, and what other
people say with supposed phonemes (pseudo.py) OFTEN times; each with its own speed, tempo, warp, room, band, noise, level and mu-law,
drawn by a fixed seed. Held-out data goes to work/held.npz.
"""

import csv
import glob
import json
import multiprocessing
import os
import sys
import zlib

import numpy as np
import soundfile
from scipy.signal import resample_poly

import g711
from common import WORK, shared
from frontend import HOP, filters, features
from kana import phonemes

RENDERED, OFTEN, TESTS = 2800, 4, 90  # renderings a copy, how often others' speech is in it, and held-out renderings for the error rate
NOISIEST = 1  # least dB of voice over noise that is trained on; what is held out stays at the 4 of augment
WARPS = np.linspace(0.82, 1.22, 21)
TEMPO = 0.7  # share whose tempo is changed
HOPS = ((64, 104), (68, 124), (64, 104))  # samples from frame to frame: renderings, human words (people say them slowly when they stand alone), others
BANKS = [filters(w) for w in WARPS]
PLAIN = filters(1.0)
SOUND = INDEX = WORDS = OTHERS = NOISE = ROOMS = None


def load():
    global SOUND, INDEX, WORDS, NOISE, ROOMS
    SOUND = np.fromfile(os.path.join(WORK, "tts.i16"), dtype=np.int16)
    with open(os.path.join(WORK, "tts.index.jsonl"), encoding="utf-8") as f:
        INDEX = [json.loads(line) for line in f]
    INDEX.sort(key=lambda r: r["key"])
    WORDS = words()
    NOISE, ROOMS = [], []
    for path in sorted(glob.glob(os.path.join(shared("data", "noise"), "*.flac"))):
        x, sr = soundfile.read(path)
        x = x if x.ndim == 1 else x[:, 0]
        assert sr == 8000
        (ROOMS if "impulse" in path or "rir" in path else NOISE).append(x / (np.abs(x).max() + 1e-9))


def words(part="train"):
    """Sound, phonemes, and whether it is left out, of each human word."""
    out = []
    with open(shared("data", "words", part + ".tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            labels = phonemes(row["kana"], verb=row["text"].endswith("う"))
            if not labels:
                continue
            x, sr = soundfile.read(shared("data", "words", row["path"]))
            assert sr == 8000
            loud = np.nonzero(np.abs(x) > 0.015 * np.abs(x).max())[0]
            x = x[max(0, loud[0] - 240):loud[-1] + 400]
            out.append((x / np.abs(x).max() * 0.7, labels, row["fold"] == "0"))
    return out


def others():
    """Sound and supposed phonemes of each piece of pseudo.py."""
    path = os.path.join(WORK, "pseudo.npz")
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: pseudo.py makes it")
    z = np.load(path)
    sound = np.split(z["sound"], z["ends"][:-1])
    labels = np.split(z["labels"], np.cumsum(z["counts"])[:-1])
    return [(x / 32768, l.tolist()) for x, l in zip(sound, labels)]


def joined(r, pool):
    """A pseudo-sentence of two to six human words of one list, with short random gaps."""
    parts, labels = [], []
    for i in r.choice(len(pool), r.integers(2, 7)):
        x, l, _ = pool[i]
        parts += [x * 10 ** (r.uniform(-4, 4) / 20), np.zeros(int(r.uniform(0, 0.12) * 8000 * (r.random() < 0.7)))]
        labels += l
    return np.concatenate(parts), labels


def shape(r, n):
    """Random band-pass and tilt of a telephone line, as a gain for each of n rfft bins."""
    f = np.linspace(0, 4000, n)
    lo, hi = r.uniform(60, 320), r.uniform(3200, 3900)
    db = -np.clip((lo - f) / lo * 30, 0, 40) - np.clip((f - hi) / (4000 - hi + 1) * 30, 0, 40)
    knots = np.cumsum(r.normal(0, 2.0, 7))
    return 10 ** ((db + np.interp(f, np.linspace(0, 4000, 7), np.clip(knots - knots.mean(), -9, 9))) / 20)


def room(r):
    if r.random() < 0.25:
        h = ROOMS[r.integers(len(ROOMS))][:3200]
    else:
        t = np.arange(int(r.uniform(0.1, 0.4) * 8000)) / 8000
        h = r.normal(0, 1, len(t)) * np.exp(-t * 6.9 / r.uniform(0.08, 0.5)) * r.uniform(0.02, 0.15)
        h[0] = 1.0
    return h


def noise(r, n):
    if r.random() < 0.5:
        spec = r.normal(0, 1, n // 2 + 1) + 1j * r.normal(0, 1, n // 2 + 1)
        return np.fft.irfft(spec / np.sqrt(1 + np.arange(n // 2 + 1)) ** r.uniform(0, 2), n)
    x = NOISE[r.integers(len(NOISE))]
    start = r.integers(max(1, len(x) - n))
    return np.resize(x[start:], n)


def augment(r, x, noisiest=4):
    """One telephone rendering of clean speech x; noisiest is the least signal-to-noise ratio in dB."""
    step = r.integers(17, 24)
    if step != 20:
        x = resample_poly(x, step, 20)
    x = np.concatenate([np.zeros(int(r.uniform(0, 0.7) * 8000)), x, np.zeros(int(r.uniform(0.3, 0.7) * 8000))])
    n = 1 << int(np.ceil(np.log2(len(x) + 3200)))
    spec = np.fft.rfft(x, n)
    if r.random() < 0.45:
        spec = spec * np.fft.rfft(room(r), n)
    x = np.fft.irfft(spec * shape(r, n // 2 + 1), n)[:len(x)]
    rms = np.sqrt(np.mean(x ** 2)) + 1e-9
    if r.random() < 0.9:
        z = noise(r, len(x))
        x = x + z * (rms / (np.sqrt(np.mean(z ** 2)) + 1e-9) * 10 ** (-r.uniform(noisiest, 40) / 20))
    x = x / rms * 10 ** (r.uniform(-36, -12) / 20)
    if r.random() < 0.15:
        x = np.tanh(x * r.uniform(1, 5))
    x = np.clip(x, -1, 1)
    return g711.decode(g711.encode(x)) if r.random() < 0.85 else x


def held(key):
    return key.startswith("ROHAN") and zlib.crc32(key.encode()) % 50 == 0


def one(job):
    copy, kind, i = job
    r = np.random.default_rng([7, copy + 1000, kind, i])
    if kind == 0:
        row = INDEX[i]
        x = SOUND[row["from"]:row["from"] + row["n"]].astype(np.float64) / 32768
        labels = [p for p in row["labels"] if p != 8]
    elif kind == 1:
        x, labels = joined(r, [w for w in WORDS if w[2] == (copy < 0)])
    else:
        x, labels = OTHERS[i % len(OTHERS)]
    if copy < 0:
        return kind, features(augment(r, x), PLAIN).astype(np.float16), labels
    hop = int(r.integers(HOPS[kind][0], HOPS[kind][1] + 1)) if r.random() < TEMPO else HOP
    return kind, features(augment(r, x, NOISIEST), BANKS[r.integers(len(BANKS))], hop).astype(np.float16), labels


def make(pool, path, jobs):
    feats, labels, kinds, ends = [], [], [], [0]
    for kind, f, l in pool.imap(one, jobs, chunksize=16):
        if len(f) < 3 * len(l) + 6:
            continue
        feats.append(f)
        labels.append(np.array(l, np.int16))
        kinds.append(kind)
        ends.append(ends[-1] + len(f))
    np.savez(path + ".part.npz", feats=np.concatenate(feats), ends=np.array(ends), kinds=np.array(kinds),
             labels=np.concatenate(labels), counts=np.array([len(l) for l in labels]))
    os.rename(path + ".part.npz", path + ".npz")
    print(path, f"{ends[-1] / 360000:.2f} h", flush=True)


def main(copies, processes, first=0):
    global OTHERS
    load()
    OTHERS = others()
    with multiprocessing.Pool(processes) as pool:
        tests = [i for i, row in enumerate(INDEX) if held(row["key"])][:TESTS]
        if first == 0:
            make(pool, os.path.join(WORK, "held"), [(-1, 0, i) for i in tests] + [(-1, 1, i) for i in range(150)])
        train = [i for i, row in enumerate(INDEX) if not held(row["key"])]
        human = 2 * len(WORDS) // 4
        for k in range(first, copies):
            some = np.random.default_rng([5, k]).permutation(train)[:RENDERED]
            make(pool, os.path.join(WORK, f"copy{k}"), [(k, 0, int(i)) for i in some] + [(k, 1, i) for i in range(human)] +
                 [(k, 2, i) for i in range(OFTEN * len(OTHERS))])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
