"""The language of phonemes: which follow which, as a back-off model of n-grams without a dictionary.

Learned from the sentences of gist.py, read by the dictionary of Open JTalk: Kneser-Ney smoothing with three discounts (Chen & Goodman 1999), less what
it hardly misses (Seymore & Rosenfeld 1996). The gist reads what was said with it. Writes weights/language.bin. Needs Debian's mecab. A minute.
Usage: python3 language.py
"""

import gzip
import json
import os
import struct

import numpy as np

import gist
from common import PHONEMES

ORDER = 11  # phonemes of the longest n-gram
BASE = 40  # of the keys: an n-gram is a number with its phonemes as digits, the oldest one first
EDGE = 63  # what stands for the edge of a sentence in the product
BEYOND = BASE - 1  # … and in a key
LEAST = 0.6  # nats that an n-gram must be worth, over all times that it is likely to be said in as many sentences
UNIT = 1 / 12  # nats of a step of the numbers
LIKELY, EACH = 0.9, 1.5  # weight of the language beside the sound, and nats that each phoneme is given


def sentences():
    """What is learned from, as phonemes."""
    out = [t for _, t, _ in gist.sentences()]
    return [np.array(said, np.int64) for said in map(gist.once, gist.read(out)) if len(said) > 1]


class Grams:
    """The n-grams of one length, by rising keys: how often they are said, and how likely the last phoneme is after the others."""

    def __init__(self, said, n):
        letters = np.concatenate([np.r_[np.full(ORDER - 1, BEYOND), s, BEYOND] for s in said])
        last = np.concatenate([np.r_[np.zeros(ORDER - 1, bool), np.ones(len(s) + 1, bool)] for s in said])
        key, at = np.zeros(last.sum(), np.int64), np.flatnonzero(last)
        for k in range(n - 1, -1, -1):
            key = key * BASE + letters[at - k]
        self.n = n
        self.key, self.said = np.unique(key, return_counts=True)
        self.before, self.of = np.unique(self.key // BASE, return_inverse=True)  # contexts, and which one each n-gram has
        self.times = np.bincount(self.of, self.said)  # that each context is said
        self.kept = np.zeros(len(self.key), bool)

    def estimate(self, shorter, longer):
        """Sets p by p of the n-grams without their first phoneme, and counts what those begin by the phonemes before them."""
        c = self.said.astype(float)
        if longer is not None:
            ends, kinds = np.unique(longer.key % BASE ** self.n, return_counts=True)
            c[np.searchsorted(self.key, ends)] = kinds
            edge = self.key // BASE ** (self.n - 1) == BEYOND  # nothing stands before the edge of a sentence
            c[edge] = self.said[edge]
        once, twice, three, four = (max(1, int((c == k).sum())) for k in (1, 2, 3, 4))
        y = once / (once + 2 * twice)
        off = np.array([0, 1 - 2 * y * twice / once, 2 - 3 * y * three / twice, 3 - 4 * y * four / three]) if self.n > 1 else np.full(4, 0.5)
        off = np.minimum(np.clip(off, 0.05, (1, 0.95, 1.9, 2.9))[np.minimum(c, 3).astype(int)], c)
        low = 1 / len(PHONEMES)
        if shorter is not None:
            self.low = np.searchsorted(shorter.key, self.key % BASE ** (self.n - 1))
            low = shorter.p[self.low]
        total = np.bincount(self.of, c)
        self.p = ((c - off) + np.bincount(self.of, off)[self.of] * low) / total[self.of]

    def rest(self, shorter, kept):
        """The back-off of each context: what the kept n-grams leave, against what the shorter ones leave."""
        mine = np.bincount(self.of[kept], self.p[kept], len(self.before))
        less = np.bincount(self.of[kept], shorter.p[self.low[kept]], len(self.before))
        return np.where(mine > 0, np.clip((1 - mine) / np.maximum(1e-6, 1 - less), 1e-6, None), 1.0)

    def cut(self, shorter):
        """Keeps what is missed, and what something longer begins with."""
        instead = shorter.p[self.low] * self.rest(shorter, np.ones(len(self.key), bool))[self.of]
        self.kept |= self.times[self.of] * self.p * np.log(self.p / np.maximum(instead, 1e-12)) > LEAST
        begin = self.key[self.kept] // BASE
        at = np.minimum(np.searchsorted(shorter.key, begin), len(shorter.key) - 1)
        shorter.kept[at[shorter.key[at] == begin]] = True


def model(said):
    """Keys, lengths, likelihoods and back-offs of what is kept. A context of edges alone is never likely."""
    all_ = [Grams(said, n) for n in range(1, ORDER + 1)]
    for k, g in enumerate(all_):
        g.estimate(all_[k - 1] if k else None, all_[k + 1] if k + 1 < ORDER else None)
    for k in range(ORDER - 1, 0, -1):
        all_[k].cut(all_[k - 1])
    all_[0].kept[:] = True
    out = []
    for k, g in enumerate(all_):
        key, p = g.key[g.kept], g.p[g.kept]
        back = np.ones(len(key))
        if k + 1 < ORDER:
            after = all_[k + 1]
            rest, begins = after.rest(g, after.kept), np.unique(after.key[after.kept] // BASE)
            edges = np.setdiff1d(begins, key)
            key, p = np.r_[key, edges], np.r_[p, np.zeros(len(edges))]
            at = np.minimum(np.searchsorted(after.before, key), len(rest) - 1)
            back = np.where(after.before[at] == key, rest[at], 1.0)
        out.append((key, np.full(len(key), g.n), p, back))
    return [np.concatenate(c) for c in zip(*out)]


def octets(p):
    return np.clip(np.round(-np.log(np.maximum(p, 1e-12)) / UNIT), 0, 255).astype(np.uint8)


def write(key, length, p, back):
    """The file: gzip around magic, length and JSON of the header, and the n-grams as a tree, each behind what it begins with: for all of them
    the length, then the last phoneme, how unlikely it is, and, for those that something longer begins with, the back-off, an octet each."""
    order = np.lexsort((length, key * BASE ** (ORDER - length)))  # by the phonemes, of n-grams that begin alike the shorter first
    key, length, p, back = key[order], length[order].astype(np.uint8), octets(p)[order], octets(back)[order]
    last = (key % BASE).astype(np.uint8)
    last[last == BEYOND] = EDGE
    begins = np.r_[length[1:] > length[:-1], False]
    head = json.dumps({"phonemes": PHONEMES, "order": ORDER, "grams": len(key), "unit": UNIT, "likely": LIKELY, "each": EACH, "made": "train/language.py"}).encode()
    raw = b"CSLANG2\0" + struct.pack("<I", len(head)) + head + b"".join(a.tobytes() for a in (length, last, p, back[begins]))
    path = os.path.join(gist.OUT, "weights", "language.bin")
    with open(path, "wb") as f:
        f.write(gzip.compress(raw, 9, mtime=0))
    print(os.path.basename(path), os.path.getsize(path), "octets;", len(key), "n-grams;", ", ".join(f"{(length == n).sum()} of {n}" for n in range(1, ORDER + 1)))


def golden(key, length, p, back):
    """What the file says of some phonemes after others, by which the product is tested."""
    r, rows = np.random.default_rng(3), []
    likely = {(int(n), int(k)): int(c) for n, k, c in zip(length, key, octets(p))}
    rest = {(int(n), int(k)): int(c) for n, k, c in zip(length, key, octets(back))}
    product = lambda v: EDGE if v == BEYOND else v
    for i in r.integers(len(key), size=200):
        h = [int(key[i]) // BASE ** k % BASE for k in range(int(length[i]) - 1, -1, -1)]
        if r.random() < 0.5:
            h[-1] = int(r.integers(1, len(PHONEMES)))
        past, last, total = h[:-1], h[-1], 0
        while True:
            k, n = 0, len(past)
            for v in past:
                k = k * BASE + v
            if (n + 1, k * BASE + last) in likely or not past:
                total += likely.get((n + 1, k * BASE + last), 255)
                break
            total += rest.get((n, k), 0)
            past = past[1:]
        rows.append({"past": [product(v) for v in h[:-1]], "phoneme": product(last), "cost": round(total * UNIT, 4)})
    with open(os.path.join(gist.OUT, "testdata", "language.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def main():
    said = sentences()
    print(len(said), "sentences,", sum(map(len, said)), "phonemes")
    grams = model(said)
    write(*grams)
    golden(*grams)


if __name__ == "__main__":
    main()
