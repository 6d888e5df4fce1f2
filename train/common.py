"""What all training scripts share: places, Open JTalk, the phoneme set."""

import os
import re
import subprocess
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.environ.get("COMMUSAFE_TRAIN_WORK", os.path.join(HERE, "work"))
SHARED = os.environ.get("COMMUSAFE_SHARED", os.path.join(HERE, "..", "..", "shared"))
DICTIONARY = os.environ.get("OPEN_JTALK_DIC", "/var/lib/mecab/dic/open-jtalk/naist-jdic")
RATE = 8000

# Phonemes of Open JTalk. Index 0 of the net's output is the CTC blank, "pau" stands for every silence.
PHONEMES = ["_", "a", "i", "u", "e", "o", "N", "cl", "pau",
            "k", "ky", "g", "gy", "s", "sh", "z", "j", "t", "ts", "ty", "ch", "d", "dy",
            "n", "ny", "h", "hy", "f", "b", "by", "p", "py", "m", "my", "r", "ry", "w", "y", "v"]
INDEX = {p: i for i, p in enumerate(PHONEMES)}
# Rare ones fold into their nearest neighbour.
FOLD = {"kw": ["k", "w"], "gw": ["g", "w"], "fy": ["f", "y"], "sil": ["pau"],
        "A": ["a"], "I": ["i"], "U": ["u"], "E": ["e"], "O": ["o"]}


def shared(*parts):
    """A path below the shared folder, or a clear end when it isn't there."""
    path = os.path.join(SHARED, *parts)
    if not os.path.exists(path):
        raise SystemExit(f"{path} is missing: set COMMUSAFE_SHARED to the shared folder")
    return path


def fold(phones):
    """Phoneme indices: devoiced vowels as voiced, repeated vowels as one (length isn't told apart)."""
    out = []
    for p in phones:
        for q in FOLD.get(p, [p]):
            i = INDEX[q]
            if not out or out[-1] != i:
                out.append(i)
    return out


def jtalk(text, voice, alpha=None, semitones=0.0, rate=1.0, gv=1.0):
    """Render text at 8 kHz: float samples in -1..1, and the phonemes with their times in seconds."""
    with tempfile.TemporaryDirectory() as d:
        wav, trace = os.path.join(d, "o.wav"), os.path.join(d, "o.txt")
        cmd = ["open_jtalk", "-x", DICTIONARY, "-m", shared("models", "tts", voice + ".htsvoice"),
               "-ow", wav, "-ot", trace, "-fm", f"{semitones:.2f}", "-r", f"{rate:.3f}", "-jf", f"{gv:.2f}"]
        if alpha is not None:
            cmd += ["-a", f"{alpha:.3f}"]
        subprocess.run(cmd, input=text.encode(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sr, x = wavfile.read(wav)
        with open(trace, encoding="utf-8", errors="replace") as f:
            lines = f.read().split("[Output label]")[1].split("\n\n")[0].strip().split("\n")
    phones = []
    for line in lines:
        a, b, label = line.split(" ")
        phones.append((re.search(r"-(.+?)\+", label).group(1), int(a) / 1e7, int(b) / 1e7))
    x = x.astype(np.float64) / 32768.0
    g = np.gcd(sr, RATE)
    return resample_poly(x, RATE // g, sr // g), phones
