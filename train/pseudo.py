"""Other people's speech with supposed phonemes, to be trained with: work/pseudo.npz. Nobody knows what Japanese phonemes they say.

The net that is shipped reads each stretch between two pauses in many ways, and the GMM, which was trained on many people, says
which of the likely ones fits the sound best. How much more often the two together are right than the net alone is printed, on human
words that are known and that neither was trained with.

Whose speech: LibriSpeech readers, but those of every third speaker, and no clip that the phrases are calibrated with; the
calm and angry sentences of EMO-DB's training speakers. data/speech is never trained with.
"""

import csv
import glob
import os
import zlib

import numpy as np
import soundfile

from common import WORK, shared
from export import calibration
from features import joined, words
from frontend import features, filters
from gmm import Triphones
from shipped import Shipped
from train import distance

WIDTH, MOST = 80, 6  # readings kept, and phonemes looked at in a step
WEIGHT = 0.03  # of the GMM's log likelihood beside the net's: its frames say the same thing many times
PAUSE = 5  # steps of 30 ms without a phoneme that part two stretches
LEAST, LONGEST = 4, 150  # phonemes of a piece, and steps
HELD = 3  # every third speaker is never trained with


def trained_with(path):
    return zlib.crc32(os.path.basename(path).split("-")[0].encode()) % HELD != 0


def clips():
    paths = sorted(glob.glob(os.path.join(shared("data", "speaker", "librispeech"), "**", "*.flac"), recursive=True))
    used = set(calibration(paths))
    yield from (p for p in paths if trained_with(p) and p not in used)
    with open(shared("data", "emotion", "train.tsv"), encoding="utf-8") as f:
        yield from (shared("data", "emotion", row["path"]) for row in csv.DictReader(f, delimiter="\t"))


def readings(logs):
    """The likeliest rows of phonemes and their log likelihood: CTC prefix search over (steps, phonemes); 8, the pause, is none."""
    beam = {(): (0.0, -1e30)}  # ending in the blank, and in the last phoneme
    for row in logs:
        likely = [int(p) for p in np.argsort(-row)[:MOST] if p not in (0, 8) and row[p] > -9]
        more = {}

        def add(labels, blank, phoneme):
            was = more.get(labels, (-1e30, -1e30))
            more[labels] = np.logaddexp(was[0], blank), np.logaddexp(was[1], phoneme)
        for labels, (blank, phoneme) in beam.items():
            both = np.logaddexp(blank, phoneme)
            add(labels, both + row[0], phoneme + row[labels[-1]] if labels else -1e30)
            for p in likely:
                if not labels or p != labels[-1]:
                    add(labels + (p,), -1e30, both + row[p])
        beam = dict(sorted(more.items(), key=lambda kv: -np.logaddexp(*kv[1]))[:WIDTH])
    return list(beam), np.array([np.logaddexp(*v) for v in beam.values()])


def stretches(logs):
    """From and to, in steps, of what is said between two pauses, with half of each pause."""
    said = np.nonzero(~np.isin(logs.argmax(1), (0, 8)))[0]
    if not len(said):
        return []
    cuts = [k for k in range(1, len(said)) if said[k] - said[k - 1] > PAUSE]
    first = [said[0]] + [said[k] for k in cuts]
    last = [said[k - 1] for k in cuts] + [said[-1]]
    edges = [max(0, first[0] - PAUSE)] + [(a + b) // 2 for a, b in zip(last, first[1:])] + [min(len(logs), last[-1] + 2 * PAUSE)]
    return list(zip(edges, edges[1:]))


def supposed(x, net, gmm):
    """From, to (steps) and phonemes of each stretch of a clip: by both, and by the net alone."""
    logs = net.logs(features(x, filters()))
    emissions = gmm.emissions(x + np.random.default_rng(0).normal(0, 1e-5, len(x)))
    for a, b in stretches(logs):
        some, likely = readings(logs[a:b])
        said = [k for k, r in enumerate(some) if r]
        if not said or not len(emissions[3 * a:3 * b]):
            continue
        some, likely = [list(some[k]) for k in said], likely[said]
        fits = gmm.scores(emissions[3 * a:3 * b], some)
        yield a, b, some[int(np.argmax(likely + WEIGHT * fits))], some[int(np.argmax(likely))]


def pieces(x, net, gmm):
    """Sound and supposed phonemes of pieces of a clip, up to LONGEST steps each."""
    x = x / (np.abs(x).max() + 1e-9) * 0.7
    read = [(a, b, both) for a, b, both, _ in supposed(x, net, gmm)]
    while read:
        a, b, labels = read.pop(0)
        while read and read[0][1] - a <= LONGEST:
            _, b, more = read.pop(0)
            labels = labels + more[labels[-1] == more[0]:]
        if len(labels) >= LEAST:
            yield x[a * 240:b * 240], labels


def check(net, gmm):
    """Prints how wrong the net alone is on human words that are known, joined, and how wrong both together are."""
    for part, about in (("dev", "a speaker whom the net was not trained on"), ("train", "the training's speakers, words left out")):
        r, wrong, total = np.random.default_rng(1), np.zeros(2), 0
        pool = [w for w in words(part) if part == "dev" or w[2]]
        for _ in range(60):
            x, labels = joined(r, pool)
            x = np.concatenate([np.zeros(1600), x, np.zeros(2400)])
            read = list(supposed(x, net, gmm))
            wrong += [distance([p for s in read for p in s[k]], labels) for k in (3, 2)]
            total += len(labels)
        print(f"{about}: wrong in {wrong[0] / total:.1%} of {total} phonemes alone, in {wrong[1] / total:.1%} together")


def main():
    net, gmm = Shipped(), Triphones()
    check(net, gmm)
    sound, labels = [], []
    for path in clips():
        x, sr = soundfile.read(path)
        assert sr == 8000
        for piece, l in pieces(x, net, gmm):
            sound.append((piece * 32767).astype(np.int16))
            labels.append(np.array(l, np.int16))
    np.savez(os.path.join(WORK, "pseudo.npz"), sound=np.concatenate(sound), ends=np.cumsum([len(s) for s in sound]),
             labels=np.concatenate(labels), counts=np.array([len(l) for l in labels]))
    print(f"{len(sound)} pieces, {sum(map(len, sound)) / 8000 / 60:.1f} min, {sum(map(len, labels))} phonemes")


if __name__ == "__main__":
    main()
