#!/usr/bin/env python3
"""Makes internal/text/readings/readings.gz: how kanji are read, of a dictionary with readings of words.

    python3 readings.py /var/lib/mecab/dic/open-jtalk/naist-jdic/sys.dic ../../internal/text/readings/readings.gz

The dictionary is Debian's open-jtalk-mecab-naist-jdic (BSD-3-Clause; see the LICENSE beside the table). Only what is
counted is kept: for each kanji up to three readings, the commonest first. No word of the dictionary is in it. Needs
nothing but Python; a minute.
"""

import collections
import gzip
import math
import struct
import sys

LONGEST = 5  # kana a kanji
READINGS = 3  # a kanji
SHARE = 0.06  # of a kanji's uses that a reading needs
ROUNDS = 4  # of counting


def entries(path):
    """Gives surface, part of speech, reading and cost of each word of a compiled MeCab dictionary."""
    b = open(path, "rb").read()
    dsize, tsize = struct.unpack("<2I", b[24:32])
    units = struct.unpack("<%dI" % (dsize // 4), b[72 : 72 + dsize])
    base = [u - (1 << 32) if u >> 31 else u for u in units[0::2]]
    children = collections.defaultdict(list)
    for i, check in enumerate(units[1::2]):
        if check:
            children[check].append(i)
    tokens, features = 72 + dsize, 72 + dsize + tsize
    todo = [(0, b"")]
    while todo:
        node, key = todo.pop()
        for i in children[base[node]]:
            if i == base[node]:  # the value
                v = -base[i] - 1
                for t in range(v >> 8, (v >> 8) + (v & 0xFF)):
                    _, _, _, cost, at, _ = struct.unpack_from("<HHHhII", b, tokens + 16 * t)
                    f = b[features + at : b.index(b"\0", features + at)].decode().split(",")
                    if len(f) > 7:
                        yield key.decode(), f[:2], f[7], cost
            elif i > base[node]:
                todo.append((i, key + bytes([i - base[node] - 1])))


def is_kanji(c):
    return "\u4e00" <= c <= "\u9fff"


def hiragana(s):
    return "".join(chr(ord(c) - 96) if "ァ" <= c <= "ヶ" else c for c in s)


def is_kana(s):
    return all("ぁ" <= c <= "ゖ" or c == "ー" for c in s)


def weight(cost):
    return math.exp((5000 - min(max(cost, 5000), 12000)) / 1000)


def align(surface, reading, chance):
    """Deals a reading out to the letters of a word, the likeliest way; None if it can't be dealt out."""
    best = {(0): (0.0, ())}
    for i, c in enumerate(surface):
        nxt = {}
        for at, (score, parts) in best.items():
            if not is_kanji(c):
                ends = [at + 1] if reading[at : at + 1] == hiragana(c) else []
            else:
                ends = range(at + 1, min(at + LONGEST, len(reading)) + 1)
            for end in ends:
                s = score + (chance(c, reading[at:end]) if is_kanji(c) else 0.0)
                if end not in nxt or s > nxt[end][0]:
                    nxt[end] = (s, parts + ((c, reading[at:end]),))
        best = nxt
    return best.get(len(reading), (0, None))[1]


def count(words, chance):
    counts = collections.defaultdict(collections.Counter)
    for surface, reading, weight in words:
        for c, r in align(surface, reading, chance) or ():
            if is_kanji(c):
                counts[c][r] += weight
    return counts


def chance_of(counts):
    totals = {c: sum(v.values()) for c, v in counts.items()}

    def chance(c, r):
        return math.log((counts[c][r] if c in counts else 0) / (totals.get(c, 0) + 1e-9) + 1e-5) - 0.5 * abs(len(r) - 2)

    return chance


def main(source, target):
    words = []
    for surface, pos, reading, cost in entries(source):
        reading = hiragana(reading)
        if pos[1] == "固有名詞" or pos[0] in ("記号", "フィラー") or len(surface) > 8 or not is_kana(reading):
            continue
        if any(map(is_kanji, surface)) and all(is_kanji(c) or is_kana(hiragana(c)) for c in surface):
            words.append((surface, reading, weight(cost)))
    print(len(words), "words")
    single = [w for w in words if sum(map(is_kanji, w[0])) == 1]
    counts = count(single, lambda c, r: -0.1 * len(r))
    for _ in range(ROUNDS):
        counts = count(words, chance_of(counts))
    # A kanji by itself and in compounds are two uses; costs of the one kind tell nothing about the other.
    chance = chance_of(counts)
    alone, compound = count(single, chance), count([w for w in words if sum(map(is_kanji, w[0])) > 1], chance)
    lines = []
    for c in sorted(counts):
        shares = plain(shares_of(alone[c]) + shares_of(compound[c]))
        total = sum(shares.values())
        lines.append(" ".join([c, *(r for r, n in shares.most_common(READINGS) if n >= SHARE * total)]))
    text = "\n".join(lines) + "\n"
    with open(target, "wb") as f:
        f.write(gzip.compress(text.encode(), 9, mtime=0))
    print(len(lines), "kanji")


def shares_of(readings):
    total = sum(readings.values())
    return collections.Counter({r: n / total for r, n in readings.items()})


def plain(readings):
    """Counts a reading that is only voiced after another word (ばなし) with the one that it comes from."""
    voiced = dict(zip("がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたちつてとはひふへほはひふへほ"))
    out = collections.Counter(readings)
    for r, n in readings.items():
        clear = voiced.get(r[0], r[0]) + r[1:]
        if clear != r and readings[clear] > n:
            out[clear] += out.pop(r)
    return out


if __name__ == "__main__":
    main(*sys.argv[1:])
