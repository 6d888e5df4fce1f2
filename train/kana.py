"""Kana to phoneme indices for the human words; the product has its own table in Go."""

from common import INDEX

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "g": "ガギグゲゴ", "s": "サシスセソ", "z": "ザジズゼゾ", "t": "タチツテト",
    "d": "ダヂヅデド", "n": "ナニヌネノ", "h": "ハヒフヘホ", "b": "バビブベボ", "p": "パピプペポ", "m": "マミムメモ",
    "y": "ヤ ユ ヨ", "r": "ラリルレロ", "w": "ワヰ ヱヲ"}
_ODD = {"シ": "sh i", "ジ": "j i", "チ": "ch i", "ツ": "ts u", "ヂ": "j i", "ヅ": "z u", "フ": "f u", "ヲ": "o",
        "ヰ": "i", "ヱ": "e", "ン": "N", "ッ": "cl", "ヴ": "v u"}
_SMALL = {"ャ": "a", "ュ": "u", "ョ": "o", "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_PALATAL = {"k": "ky", "g": "gy", "n": "ny", "h": "hy", "b": "by", "p": "py", "m": "my", "r": "ry", "d": "dy", "t": "ty"}


def _table():
    t = {}
    for c, row in _ROWS.items():
        for v, k in zip("aiueo", row):
            if k != " ":
                t[k] = ([c] if c else []) + [v]
    t.update({k: v.split() for k, v in _ODD.items()})
    return t


_TABLE = _table()


def phonemes(kana, verb=False):
    """Indices with long vowels as one vowel; verb: a final オウ is two vowels (思う)."""
    kana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in kana)
    out = []
    for i, c in enumerate(kana):
        if c in _SMALL and out and out[-1] in "aiueo":
            v = out.pop()
            if c in "ャュョ" and out and out[-1] in _PALATAL:
                out[-1] = _PALATAL[out[-1]]
            elif not out or v not in "iu":
                out.append(v)
            out.append(_SMALL[c])
        elif c == "ー":
            continue
        elif c in _TABLE:
            p = _TABLE[c]
            last = out[-1] if out else ""
            if p == ["i"] and last == "e" or p == ["u"] and last == "o" and not (verb and i == len(kana) - 1):
                continue
            out += p
        else:
            return None
    folded = []
    for p in out:
        if not folded or folded[-1] != p:
            folded.append(p)
    return [INDEX[p] for p in folded]
