"""Renders corpus sentences with voices between and beyond those of Open JTalk: work/mix.{i16,index.jsonl}. On them gist.py counts how the net
misreads voices that it does not know.

The voices are models of the same shape, so that the HTS engine takes weighted means of two or three of them (Yoshimura et al. 1997), and
goes beyond one of them, away from another. The voice that the measures use is not among them. Nobody speaks like that: trained with them the
spotter learned nothing about people (decision 0070). COUNT sentences in an order drawn by a fixed seed; work/mix.* is made anew.
Usage: python3 mix.py COUNT
"""

import ctypes
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from common import DICTIONARY, RATE, WORK, fold, shared
from render import VOICES, sentences

STREAMS, QUIETER = 3, -18.0  # spectrum, pitch, aperiodicity; dB, so that no voice clips
ENGINE = None


class Engine:
    """All voices in one HTS engine (libHTSEngine 1.10, of which open_jtalk is made)."""

    def __init__(self, folder):
        self.hts, self.libc = ctypes.CDLL("libHTSEngine.so.1"), ctypes.CDLL(None)
        self.it = ctypes.create_string_buffer(1 << 16)  # larger than its struct
        self.hts.HTS_Engine_initialize(self.it)
        paths = []
        for voice in VOICES:
            with open(shared("models", "tts", voice + ".htsvoice"), "rb") as f:
                data = f.read()
            paths.append(os.path.join(folder, voice + ".htsvoice").encode())
            with open(paths[-1], "wb") as f:  # some have a global variance and others none: without it all are alike
                f.write(data.replace(b"USE_GV[MCP]:1", b"USE_GV[MCP]:0").replace(b"USE_GV[LF0]:1", b"USE_GV[LF0]:0"))
        self.libc.fopen.restype = ctypes.c_void_p
        self.hts.HTS_Engine_load.restype = self.hts.HTS_Engine_synthesize_from_strings.restype = ctypes.c_bool
        if not self.hts.HTS_Engine_load(self.it, (ctypes.c_char_p * len(paths))(*paths), ctypes.c_size_t(len(paths))):
            raise SystemExit("the HTS engine can't load the voices together")

    def say(self, labels, weights, path, **settings):
        """Samples in -1..1 at RATE of full-context labels; None where it can't be said."""
        size, double = ctypes.c_size_t, ctypes.c_double
        for voice, w in enumerate(weights):
            for stream in range(STREAMS):
                self.hts.HTS_Engine_set_parameter_interpolation_weight(self.it, size(voice), size(stream), double(w))
            self.hts.HTS_Engine_set_duration_interpolation_weight(self.it, size(voice), double(max(0.0, w)))
        for name, value in settings.items():
            getattr(self.hts, "HTS_Engine_" + name)(self.it, double(value))
        rows = (ctypes.c_char_p * len(labels))(*[l.encode() for l in labels])
        done = self.hts.HTS_Engine_synthesize_from_strings(self.it, rows, size(len(labels)))
        if done:
            f = ctypes.c_void_p(self.libc.fopen(path.encode(), b"wb"))
            self.hts.HTS_Engine_save_riff(self.it, f)
            self.libc.fclose(f)
        self.hts.HTS_Engine_refresh(self.it)
        if not done:
            return None
        sr, x = wavfile.read(path)
        g = np.gcd(sr, RATE)
        return resample_poly(x / 32768.0, RATE // g, sr // g)


def context(text, d):
    """Full-context labels of a text: Open JTalk says it fast and badly, and only its trace is kept."""
    trace = os.path.join(d, "trace.txt")
    subprocess.run(["open_jtalk", "-x", DICTIONARY, "-m", shared("models", "tts", VOICES[0] + ".htsvoice"), "-s", "8000", "-r", "8",
                    "-ow", os.devnull, "-ot", trace], input=text.encode(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(trace, encoding="utf-8", errors="replace") as f:
        rows = f.read().split("[Output label]")[1].split("\n\n")[0].strip().split("\n")
    return [row.split(" ")[2] for row in rows]


def weights(r):
    """Of the voices, one in all: up to three between which the voice lies, and two times in five how far it goes away from another."""
    some, w = r.sample(range(len(VOICES)), 3), [0.0] * len(VOICES)
    shares = [r.expovariate(1) for _ in some]
    for voice, s in zip(some, shares):
        w[voice] = s / sum(shares)
    if r.random() < 0.4:
        a, b, far = some[0], r.choice([v for v in range(len(VOICES)) if v != some[0]]), r.uniform(0, 0.4)
        w[a] += far
        w[b] -= far
    return w


def one(job):
    key, text = job
    global ENGINE
    r = random.Random(f"{key}/mix")
    with tempfile.TemporaryDirectory() as d:
        ENGINE = ENGINE or Engine(d)
        try:
            rows = context(text, d)
            labels = fold([re.search(r"-(.+?)\+", row).group(1) for row in rows])
        except (KeyError, IndexError):
            return None
        x = ENGINE.say(rows, weights(r), os.path.join(d, "o.wav"), set_alpha=r.uniform(0.5, 0.66), set_beta=r.uniform(0, 0.5),
                       set_speed=r.uniform(0.85, 1.75), add_half_tone=r.uniform(-14, 3), set_volume=QUIETER)
    if x is None or not np.abs(x).max() > 1e-3:
        return None
    return key, labels, (x / np.abs(x).max() * 0.7 * 32767).astype(np.int16)


def main(count):
    todo = sentences()
    random.Random(2).shuffle(todo)
    at, path = 0, os.path.join(WORK, "mix")
    with multiprocessing.Pool(2) as pool, open(path + ".i16", "wb") as sound, open(path + ".index.jsonl.part", "w", encoding="utf-8") as index:
        for got in pool.imap(one, todo[:count], chunksize=8):
            if got is None:
                continue
            key, labels, x = got
            sound.write(x.tobytes())
            index.write(json.dumps({"key": key, "labels": labels, "from": at, "n": len(x)}) + "\n")
            at += len(x)
    os.rename(path + ".index.jsonl.part", path + ".index.jsonl")
    print(f"{at / RATE / 3600:.2f} h rendered")


if __name__ == "__main__":
    main(int(sys.argv[1]))
