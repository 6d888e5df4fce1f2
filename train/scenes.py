"""Sound with true labels: spoken stretches at known places in the noise of a telephone line, for voice activity."""

import csv
import os
import subprocess

import numpy as np
import soundfile

import features
import g711
from common import HERE, WORK, jtalk, shared
from render import LEFT_OUT, VOICES, sentences

RATE, SLOT = 8000, 160
# Noises that only the measure hears; all others are trained with. (The hens were among these first: nothing like their
# clucking was trained with then, every third frame taken for speech was theirs, and they went over to the training.)
TEST_NOISES = ("running_tap", "dude_miaowing", "sheep")
SILENT = ("pau", "sil")


def noises(test):
    """Name and sound of the noise files of one side of the split."""
    out = {}
    for name in sorted(os.listdir(shared("data", "noise"))):
        if "impulse" in name or "rir" in name or any(t in name for t in TEST_NOISES) != test:
            continue
        x, _ = soundfile.read(shared("data", "noise", name))
        x = x if x.ndim == 1 else x[:, 0]
        out[name.split(".")[0]] = x / (np.abs(x).max() + 1e-9)
    return out


def rendered(r, text, voice):
    """A clean rendering and a label for each sample; pauses of the voice are not speech."""
    x, phones = jtalk(text, voice, alpha=r.uniform(0.53, 0.66), semitones=r.uniform(-14, 3), rate=r.uniform(0.85, 1.5))
    label = np.zeros(len(x), bool)
    for p, a, b in phones:
        if p not in SILENT:
            label[int(a * RATE):int(b * RATE)] = True
    return x / (np.abs(x).max() + 1e-9), label


def by_level(x, below=0.02):
    """Labels of a clean studio recording by its level; gaps of up to 80 ms belong to the speech."""
    k = len(x) // SLOT
    power = np.sqrt((x[:k * SLOT].reshape(k, SLOT) ** 2).mean(1))
    loud = power > below * power.max()
    at = np.nonzero(loud)[0]
    for a, b in zip(at, at[1:]):
        if b - a <= 5:
            loud[a:b] = True
    return np.concatenate([np.repeat(loud, SLOT), np.zeros(len(x) - k * SLOT, bool)])


def music(r, n):
    """Chords, ringing and key tones, drawn at random."""
    t = np.arange(n) / RATE
    x = np.zeros(n)
    if r.random() < 0.3:  # ringing or busy tone
        f, on, off = r.choice([400, 425, 440]), r.uniform(0.3, 2), r.uniform(0.3, 3)
        return np.sin(2 * np.pi * f * t) * ((t % (on + off)) < on)
    beat = r.uniform(0.2, 0.8)
    for k in range(int(n / RATE / beat) + 1):
        root = 110 * 2 ** (r.integers(0, 25) / 12)
        a, b = int(k * beat * RATE), min(n, int((k + 1) * beat * RATE))
        u = np.arange(b - a) / RATE
        for step in (0, r.choice([3, 4]), 7, 12)[:r.integers(1, 5)]:
            f = root * 2 ** (step / 12)
            x[a:b] += sum(np.sin(2 * np.pi * f * h * u) / h ** 1.5 for h in range(1, 6) if f * h < 3800) * np.exp(-u * r.uniform(0, 6))
    return x / (np.abs(x).max() + 1e-9)


def creatures(r, n):
    """Cries and clucks: gliding harmonic sounds and short bursts through a random resonance, at random distances."""
    x = np.zeros(n)
    at = 0
    few = r.random() < 0.5
    while at < n:
        k = min(n - at, int(r.uniform(0.03, 0.15) * RATE) if few else int(r.uniform(0.2, 1.4) * RATE))
        t = np.linspace(0, 1, k)
        pitch = r.uniform(90, 900) * 2 ** (r.normal(0, 0.4) * t + r.normal(0, 0.4) * np.sin(np.pi * t) + 0.02 * np.sin(2 * np.pi * r.uniform(3, 9) * t))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        centre, width = r.uniform(300, 2500), r.uniform(200, 1200)
        y = sum(np.sin(h * phase + r.uniform(0, 6)) * np.exp(-((h * pitch - centre) / width) ** 2) * (h * pitch < 3900) for h in range(1, 14))
        y = y + r.uniform(0, 0.5) * r.normal(0, 1, k)
        x[at:at + k] += y * np.sin(np.pi * t) ** r.uniform(0.2, 2) * r.uniform(0.2, 1)
        at += k + int(r.uniform(0.02, 0.5 if few else 2.5) * RATE)
    return x / (np.abs(x).max() + 1e-9)


def background(r, n, pool):
    """n samples of one noise and its name."""
    kind = r.random()
    if kind < 0.3:
        spec = r.normal(0, 1, n // 2 + 1) + 1j * r.normal(0, 1, n // 2 + 1)
        return np.fft.irfft(spec / np.sqrt(1 + np.arange(n // 2 + 1)) ** r.uniform(0, 2), n), "coloured"
    if kind < 0.4:
        return music(r, n), "music"
    if kind < 0.55 and "am_hens" in pool:  # in training only
        return creatures(r, n), "creatures"
    name = str(r.choice(sorted(pool)))
    x = pool[name]
    start = r.integers(max(1, len(x) - n))
    return np.resize(x[start:], n), name


def scene(r, clips, pool, snr, spare=0.05):
    """About fifteen seconds: clips of speech and pauses in one noise, through a telephone. Samples in -1..1, labels, name of the noise."""
    parts, labels = [np.zeros(int(r.uniform(0.2, 3) * RATE))], []
    labels.append(np.zeros(len(parts[0]), bool))
    empty = r.random() < spare
    while sum(map(len, parts)) < r.uniform(9, 15) * RATE:
        x, l = clips[r.integers(len(clips))]
        x = x * 10 ** (r.uniform(-8, 0) / 20)
        gap = np.zeros(int(r.uniform(0.15, 2.5) * RATE))
        parts += [x * (not empty), gap]
        labels += [l & (not empty), np.zeros(len(gap), bool)]
    x, label = np.concatenate(parts), np.concatenate(labels)
    n = 1 << int(np.ceil(np.log2(len(x) + 3200)))
    spec = np.fft.rfft(x, n)
    if r.random() < 0.3:
        h = features.room(r)[:1600]
        spec = spec * np.fft.rfft(h, n)
    x = np.fft.irfft(spec * features.shape(r, n // 2 + 1), n)[:len(x)]
    rms = np.sqrt(np.mean(x[label] ** 2)) if label.any() else 0.1
    z, name = background(r, len(x), pool)
    x = x + z * (rms / (np.sqrt(np.mean(z ** 2)) + 1e-9) * 10 ** (-snr / 20))
    x = x / rms * 10 ** (r.uniform(-38, -14) / 20)
    return g711.decode(g711.encode(np.clip(x, -1, 1))), label, name


def inputs(kind, clips):
    """What a net sees of clips in -1..1, by the product's own front end: a list of arrays."""
    program = os.path.join(WORK, "inputs")
    subprocess.run(["go", "build", "-o", program, "./train/inputs"], cwd=os.path.join(HERE, ".."), check=True)
    p = subprocess.Popen([program, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out = []
    for x in clips:
        pcm = np.clip(np.round(x * 32768), -32768, 32767).astype("<i2")
        p.stdin.write(np.uint32(len(pcm)).tobytes() + pcm.tobytes())
        p.stdin.flush()
        rows, columns = np.frombuffer(p.stdout.read(8), "<u4")
        out.append(np.frombuffer(p.stdout.read(4 * int(rows) * int(columns)), "<f4").reshape(rows, columns).copy())
    p.stdin.close()
    if p.wait():
        raise SystemExit("inputs ended with an error")
    return out


def slots(label, count):
    """Labels of samples to labels of slots, by majority."""
    pad = np.concatenate([label, np.zeros(max(0, count * SLOT - len(label)), bool)])[:count * SLOT]
    return pad.reshape(count, SLOT).mean(1) > 0.5


def table(*parts):
    with open(shared(*parts), encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def human(r):
    """Clean human clips for training, labelled by level: words, acted speech, vocal bursts."""
    out = []
    rows = table("data", "words", "train.tsv")
    for i in r.permutation(len(rows))[:500]:
        x, _ = soundfile.read(shared("data", "words", rows[i]["path"]))
        if len(x) and np.abs(x).max() > 0:
            out.append((x / np.abs(x).max(), by_level(x, 0.03)))
    for name in ("train", "burst_train"):
        for row in table("data", "emotion", name + ".tsv"):
            x, _ = soundfile.read(shared("data", "emotion", row["path"]))
            out.append((x / (np.abs(x).max() + 1e-9), by_level(x, 0.03)))
    return out


def spoken(r, count, test):
    """Clean renderings: of the voice left out for the measure, of the others for training."""
    texts = [t for k, t in sentences() if k.startswith("ROHAN") == (not test)]
    return [rendered(r, texts[i], LEFT_OUT if test else str(r.choice(VOICES))) for i in r.permutation(len(texts))[:count]]
