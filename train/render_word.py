"""Renders the caller of the end-to-end test of a centre's own word: test/e2e/testdata/own-word.wav.

The word is made up and stands in no lexicon; the voice is the one that is left out of training (render.LEFT_OUT).
"""

import os

import numpy as np

from common import HERE, RATE, jtalk
from g711 import level, write_wav
from render import LEFT_OUT

OUT = os.path.join(HERE, "..", "test", "e2e", "testdata", "own-word.wav")
INNOCENT = "商品の届く日を教えてください。"
WORD = "看板に味噌を塗ってやる。"


def main():
    parts = []
    for text, dbov in ((INNOCENT, -22), (WORD, -20)):
        x, _ = jtalk(text, LEFT_OUT, rate=1.0)
        loud = np.nonzero(np.abs(x) > 0.01 * np.abs(x).max())[0]
        parts += [level(x[loud[0]:loud[-1] + 400], dbov), np.zeros(RATE * 3 // 10)]
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    x = np.concatenate([np.zeros(RATE // 4)] + parts)
    write_wav(OUT, x)
    print(f"{len(x)} samples; the word begins after {RATE // 4 + sum(len(p) for p in parts[:2])}")


if __name__ == "__main__":
    main()
