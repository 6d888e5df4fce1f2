"""Renders what callers say to the voicebot in test/e2e/sound: one sentence a file, for the built-in spotter to hear.

All sentences are our own.
"""

import os

import numpy as np

from common import HERE, jtalk
from g711 import level, write_wav

OUT = os.path.join(HERE, "..", "test", "e2e", "sound")

# File: voice, formants (-a), semitones (-fm), rate (-r), sentence.
SENTENCES = {
    "crisis": ("mei_sad", 0.57, -5, 1.0, "胸が苦しくて動けません。"),
    "disability": ("tohoku-f01-neutral", 0.58, -6, 1.0, "耳が聞こえにくいので。"),
    "complaint": ("mei_normal", 0.59, -7, 1.05, "消費者センターに相談します。"),
    "rough": ("tohoku-f01-angry", 0.62, -11, 1.05, "ふざけんなてめえ。"),
    "abuse": ("tohoku-f01-angry", 0.62, -11, 1.05, "何回言わせんだよ、ばか野郎。"),
    "abuse_again": ("tohoku-f01-angry", 0.62, -11, 1.05, "なめてんのかこら。"),
    "plain": ("mei_normal", 0.57, -4, 1.0, "掃除機の袋の買い方を知りたいのです。"),
}


def main():
    os.makedirs(OUT, exist_ok=True)
    for name, (voice, alpha, semitones, rate, text) in SENTENCES.items():
        x, _ = jtalk(text, voice, alpha=alpha, semitones=semitones, rate=rate)
        loud = np.nonzero(np.abs(x) > 0.01 * np.abs(x).max())[0]
        write_wav(os.path.join(OUT, name + ".wav"), level(x[loud[0]:loud[-1] + 400], -20))


if __name__ == "__main__":
    main()
