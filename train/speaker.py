"""Voice embedding: means and spreads of cepstra (speakerInputs of the product) through a linear map that keeps what tells
voices apart and drops what lines, noise and words do (LDA with shrinkage, then length-normalised). Writes
weights/speaker.bin. No speaker of the measure is heard here.

Voices to learn from: rendered pseudo-speakers (voice, formants and pitch drawn), the people of the word corpus, the
acted speakers (neutral and other alike), each over many lines.
"""

import os
import struct

import numpy as np
import soundfile

import activity
import features
import g711
import scenes
from common import HERE, WORK, jtalk, shared
from render import VOICES, sentences

SEED, SPEAKERS, CLIPS, KEEP = 51, 70, 4, 48


def rendered(r):
    texts = [t for k, t in sentences() if k.startswith("ROHAN")]
    for s in range(SPEAKERS):
        voice, alpha, pitch = str(r.choice(VOICES)), r.uniform(0.5, 0.68), r.uniform(-16, 4)
        for _ in range(CLIPS):
            x, _ = jtalk(texts[r.integers(len(texts))], voice, alpha=alpha, semitones=pitch + r.normal(0, 0.7), rate=r.uniform(0.9, 1.4))
            yield x / (np.abs(x).max() + 1e-9), f"rendered{s}"


def people(r):
    rows = scenes.table("data", "words", "train.tsv")
    for name, n in (("tofugu_f", 30), ("tofugu_m", 30), ("tofugu_m_kenichi", 5)):
        of = [w for w in rows if w["speaker"] == name]
        for _ in range(n):
            parts = [soundfile.read(shared("data", "words", of[i]["path"]))[0] for i in r.choice(len(of), min(len(of), 8), replace=False)]
            yield np.concatenate([p / (np.abs(p).max() + 1e-9) for p in parts]), name
    for row in scenes.table("data", "emotion", "train.tsv"):
        x, _ = soundfile.read(shared("data", "emotion", row["path"]))
        yield x / (np.abs(x).max() + 1e-9), row["speaker"]


def telephone(r, x, pool):
    """One rendering of a clip at some speed through some line, at some level, with some noise."""
    x = features.resample_poly(x, r.integers(18, 23), 20)
    x = np.concatenate([np.zeros(int(r.uniform(0.3, 0.8) * 8000)), x, np.zeros(2400)])
    n = 1 << int(np.ceil(np.log2(len(x) + 3200)))
    spec = np.fft.rfft(x, n)
    if r.random() < 0.3:
        spec = spec * np.fft.rfft(features.room(r)[:1600], n)
    x = np.fft.irfft(spec * features.shape(r, n // 2 + 1), n)[:len(x)]
    rms = np.sqrt(np.mean(x ** 2)) + 1e-9
    z, _ = scenes.background(r, len(x), pool)
    x = x + z * (rms / (np.sqrt(np.mean(z ** 2)) + 1e-9) * 10 ** (-r.uniform(12, 45) / 20))
    x = np.clip(x / rms * 10 ** (r.uniform(-34, -14) / 20), -1, 1)
    return g711.decode(g711.encode(x))


def main():
    r = np.random.default_rng(SEED)
    features.ROOMS = activity.rooms()
    pool = scenes.noises(False)
    clips, who = [], []
    for x, s in list(rendered(r)) + list(people(r)):
        for _ in range(4):
            clips.append(telephone(r, x, pool))
            who.append(s)
    seen = scenes.inputs("speaker", clips)
    x = np.array([f[0] for f in seen if len(f)], np.float64)
    who = np.array([w for f, w in zip(seen, who) if len(f)])
    np.savez(os.path.join(WORK, "speaker.npz"), x=x, who=who)
    write(*fit(x, who))


def fit(x, who, shrink=0.15, keep=KEEP):
    """The map: whitened within the voices, then the directions in which voices differ most."""
    mean = x.mean(0)
    names = sorted(set(who))
    centres = np.array([x[who == n].mean(0) for n in names])
    within = sum(np.cov(x[who == n].T, bias=True) * (who == n).sum() for n in names) / len(x)
    within = (1 - shrink) * within + shrink * np.diag(np.diag(within)) + 1e-6 * np.eye(len(within))
    value, vector = np.linalg.eigh(within)
    white = vector / np.sqrt(value)
    between = np.cov(((centres - mean) @ white).T, bias=True)
    value, vector = np.linalg.eigh(between)
    map_ = (white @ vector[:, ::-1][:, :keep]).T
    return map_, -map_ @ mean


def write(map_, bias):
    head = b"CSVEC1\n\0" + struct.pack("<II", map_.shape[1], map_.shape[0])
    path = os.path.join(HERE, "..", "internal", "listener", "builtin", "weights", "speaker.bin")
    with open(path, "wb") as f:
        f.write(head + map_.astype("<f4").tobytes() + bias.astype("<f4").tobytes())
    print(map_.shape, os.path.getsize(path), "bytes")


if __name__ == "__main__":
    main()
