"""The language of phonemes: which follow which, as a back-off model of n-grams without a dictionary (Witten & Bell 1991).

Learned from the sentences of gist.py, read by the dictionary of Open JTalk. The gist reads what was said with it. Writes weights/language.bin. Needs Debian's mecab.
Usage: python3 language.py
"""

import gzip
import json
import os
import struct

import numpy as np

import gist
from common import PHONEMES

ORDER = 8  # phonemes of the longest n-gram
RARE, LEAST = 4, 5  # n-grams of RARE phonemes and more that are seen less than LEAST times are left out
LETTER, EDGE = 6, 63  # bits of a phoneme in a key, and what stands for the edge of a sentence
UNIT = 1 / 12  # nats of a step of the numbers
LIKELY, EACH = 0.8, 1.5  # weight of the language beside the sound, and nats that each phoneme is given


def sentences():
    """What is learned from, as phonemes."""
    out = [t for _, t, _ in gist.sentences()]
    return [np.array(said, np.int64) for said in map(gist.once, gist.read(out)) if len(said) > 1]


def counts(said):
    """For each length the n-grams as rising keys, and how often they are said."""
    out = []
    for n in range(1, ORDER + 1):
        keys = []
        for s in said:
            a = np.concatenate([np.full(n - 1, EDGE), s, [EDGE]])
            k = np.zeros(len(a) - n + 1, np.int64)
            for j in range(n):
                k = k << LETTER | a[j:len(a) - n + 1 + j]
            keys.append(k)
        out.append(np.unique(np.concatenate(keys), return_counts=True))
    return out


def model(table):
    """{n-gram: likelihood} of what is kept, {context: back-off}. Keys of all lengths are apart, since no phoneme is 0."""
    likely, back = {}, {}
    keys, seen = table[0]
    for k, c in zip(keys.tolist(), seen.tolist()):
        likely[k] = (c + 1) / (seen.sum() + len(PHONEMES))

    def of(key, n):
        """Likelihood of the last of n phonemes after the others."""
        rest = 1.0
        while key not in likely:
            rest *= back.get(key >> LETTER, 1.0)
            n -= 1
            key &= (1 << LETTER * n) - 1
            if n == 0:
                return rest / len(PHONEMES)
        return rest * likely[key]

    for n in range(2, ORDER + 1):
        keys, seen = table[n - 1]
        begins = np.flatnonzero(np.concatenate([[True], np.diff(keys >> LETTER) != 0]))
        ends = np.concatenate([begins[1:], [len(keys)]])
        mask, new, open_ = (1 << LETTER * (n - 1)) - 1, {}, {}
        for a, b in zip(begins.tolist(), ends.tolist()):
            c = seen[a:b]
            keep = c >= (LEAST if n >= RARE else 1)
            if not keep.any():
                continue
            total, kinds, mine, less = int(c.sum()), b - a, 0.0, 0.0
            for k, x in zip(keys[a:b][keep].tolist(), c[keep].tolist()):
                low = of(k & mask, n - 1)
                p = (x + kinds * low) / (total + kinds)
                new[k] = p
                mine, less = mine + p, less + low
            open_[int(keys[a]) >> LETTER] = max(1e-9, 1 - mine) / max(1e-9, 1 - less)
        likely.update(new)
        back.update(open_)
    return likely, back


def write(likely, back):
    """The file: gzip around magic, length and JSON of the header, differences of the keys as uvarints, two octets an n-gram."""
    keys = sorted(likely.keys() | {k for k in back if k})
    octet = lambda p: int(min(255, max(0, round(-np.log(max(p, 1e-12)) / UNIT))))
    head = json.dumps({"phonemes": PHONEMES, "order": ORDER, "grams": len(keys), "unit": UNIT, "likely": LIKELY, "each": EACH, "made": "train/language.py"}).encode()
    steps, last = bytearray(), 0
    for k in keys:
        d, last = k - last, k
        while d > 127:
            steps.append(d & 127 | 128)
            d >>= 7
        steps.append(d)
    # A context of edges is no n-gram that is ever asked for: it is as unlikely as can be.
    raw = b"CSLANG1\0" + struct.pack("<I", len(head)) + head + bytes(steps) + bytes(octet(likely.get(k, 0)) for k in keys) + bytes(octet(back.get(k, 1)) for k in keys)
    path = os.path.join(gist.OUT, "weights", "language.bin")
    with open(path, "wb") as f:
        f.write(gzip.compress(raw, 9, mtime=0))
    print(os.path.basename(path), os.path.getsize(path), "octets;", len(keys), "n-grams")
    return keys


def golden(likely, back, keys):
    """What the file says of some phonemes after others, by which the product is tested."""
    r, rows = np.random.default_rng(3), []
    for _ in range(200):
        k = keys[r.integers(len(keys))]
        h = [k >> LETTER * i & 63 for i in range(ORDER) if k >> LETTER * i][::-1]
        if r.random() < 0.5:
            h[-1] = int(r.integers(1, len(PHONEMES)))
        rows.append({"past": h[:-1], "phoneme": h[-1], "cost": cost(likely, back, h[:-1], h[-1])})
    with open(os.path.join(gist.OUT, "testdata", "language.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def cost(likely, back, past, phoneme):
    """In nats, of the numbers as they are written."""
    steps = lambda p: min(255, max(0, round(-np.log(max(p, 1e-12)) / UNIT)))
    past, total = past[-(ORDER - 1):], 0
    while True:
        k = 0
        for p in past:
            k = k << LETTER | p
        if (k << LETTER | phoneme) in likely or not past:
            return round((total + (steps(likely[k << LETTER | phoneme]) if (k << LETTER | phoneme) in likely else 255)) * UNIT, 4)
        total += steps(back.get(k, 1))
        past = past[1:]


def main():
    said = sentences()
    print(len(said), "sentences,", sum(map(len, said)), "phonemes")
    likely, back = model(counts(said))
    golden(likely, back, write(likely, back))


if __name__ == "__main__":
    main()
