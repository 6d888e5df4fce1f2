"""The Japanese triphone GMM of the Julius grammar kit: how likely a row of phonemes makes a stretch of sound.

It was trained on many people's read speech, which the phoneme net hears little of. Alone it reads worse than the net; it says
which of the net's readings fits best (pseudo.py). The file's format is that of Julius' binhmm, big-endian; what it sees is
MFCC_E_D_N_Z of HTK: 12 cepstra less their mean, 12 changes and that of the energy, of sound at 16 kHz.
"""

import struct

import numpy as np
import torch
from scipy.signal import resample_poly

from common import PHONEMES, shared

SILENCE = "sil"
NAMES = {"cl": "q", "ty": "t", "v": "b"}  # what the GMM has no name of its own for
HOP, WINDOW, BANDS = 160, 400, 24


class Reader:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        self.at = 0

    def one(self, kind):
        value, = struct.unpack_from(">" + kind, self.data, self.at)
        self.at += struct.calcsize(">" + kind)
        return value

    def many(self, kind, n):
        a = np.frombuffer(self.data, ">" + kind, n, self.at)
        self.at += a.nbytes
        return a.astype(np.float64 if kind == "f4" else np.int64)

    def name(self):
        end = self.data.index(0, self.at)
        s = self.data[self.at:end].decode()
        self.at = end + 1
        return s

    def rows(self, row):
        return [row(self.name()) for _ in range(self.one("I"))]


def read(path):
    """Densities (means, variances, constants), states (their densities and weights) and models by name (their states)."""
    r = Reader(path)
    if r.name() != "JBINHMM\n":
        raise SystemExit(f"{path} is no Julius model of the first version")
    r.at += 2 + 2 * 50 + 8  # streams and options, the same in both models of the kit
    tied = r.one("B")
    r.one("i")
    r.rows(lambda _: r.many("f4", r.one("h") ** 2))  # transitions: next to nothing beside the densities
    variances = r.rows(lambda _: r.many("f4", r.one("h")))
    densities = r.rows(lambda _: (r.many("f4", r.one("h")), variances[r.one("I")], r.one("f")))
    books = r.rows(lambda _: r.many("u4", r.one("i"))) if tied else []

    def state(_):
        n = r.one("h")
        book = books[r.one("I")] if n == -1 else r.many("u4", n)
        return book, r.many("f4", len(book))  # natural logarithms of the weights
    states = r.rows(state)

    def model(name):
        states = r.many("u4", r.one("h"))[1:-1]
        r.one("I")
        return name, states
    models = dict(r.rows(model))
    assert r.at == len(r.data)
    return densities, states, models


def cepstra(x):
    """8 kHz samples to (frames of 10 ms, 25)."""
    x = resample_poly(x, 2, 1)
    x = x * (16000 / (np.abs(x).max() + 1e-9))
    n = 1 + (len(x) - WINDOW) // HOP
    frames = x[np.arange(WINDOW) + HOP * np.arange(n)[:, None]]
    energy = np.log(np.maximum((frames ** 2).sum(1), 1.0))
    energy = np.maximum(energy, energy.max() - 50 / 4.343)
    frames = np.concatenate([frames[:, :1] * 0.03, frames[:, 1:] - 0.97 * frames[:, :-1]], 1) * np.hamming(WINDOW)
    edges = np.linspace(0, 1127 * np.log(1 + 8000 / 700), BANDS + 2)
    bins = 1127 * np.log(1 + np.arange(257) * 16000 / 512 / 700)
    up = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    bands = np.log(np.maximum(np.abs(np.fft.rfft(frames, 512)) @ np.maximum(0, np.minimum(up, down)), 1.0))
    k = np.arange(1, 13)
    c = bands @ (np.sqrt(2 / BANDS) * np.cos(np.pi / BANDS * (np.arange(BANDS) + 0.5)[:, None] * k))
    c *= 1 + 11 * np.sin(np.pi * k / 22)
    p = np.pad(np.concatenate([c, energy[:, None]], 1), ((2, 2), (0, 0)), "edge")
    change = (p[3:-1] - p[1:-3] + 2 * (p[4:] - p[:-4])) / 10
    return np.concatenate([c - c.mean(0), change], 1)


class Triphones:
    def __init__(self):
        densities, states, self.models = read(shared("models", "julius", "hmmdefs_ptm_gid.binhmm"))
        mean, var = np.array([d[0] for d in densities]), np.array([d[1] for d in densities])
        self.square, self.linear = torch.tensor(-0.5 / var.T).float(), torch.tensor((mean / var).T).float()
        self.constant = torch.tensor(-0.5 * (np.array([d[2] for d in densities]) + (mean ** 2 / var).sum(1))).float()
        self.states, by = len(states), {}
        for i, (book, _) in enumerate(states):
            by.setdefault(tuple(book), []).append(i)
        self.books = [(torch.tensor(book), torch.tensor(ids), torch.tensor(np.exp([states[i][1] for i in ids]).T).float())
                      for book, ids in by.items()]
        with open(shared("models", "julius", "logicalTri"), encoding="ascii") as f:
            self.physical = {p[0]: p[-1] for p in map(str.split, f) if p}
        self.silence = int(self.models["silB"][1])

    def emissions(self, x):
        """Log likelihood of each frame of 8 kHz sound in each state, (frames, states)."""
        f = torch.tensor(cepstra(x)).float()
        d = f ** 2 @ self.square + f @ self.linear + self.constant
        out = torch.empty(len(f), self.states)
        for book, ids, weights in self.books:
            most = d[:, book].max(1, keepdim=True).values
            out[:, ids] = torch.log(torch.exp(d[:, book] - most) @ weights + 1e-30) + most
        return out.numpy()

    def triphone(self, left, centre, right):
        full = (left + "-" if left != SILENCE else "") + centre + ("+" + right if right != SILENCE else "")
        for name in (full, f"{left}-{centre}", f"{centre}+{right}", centre):
            name = self.physical.get(name, name)
            if name in self.models:
                return self.models[name]
        raise KeyError(full)

    def chain(self, labels):
        """States of a row of phonemes: twice, vowels short and long; and where the silence before may be left out."""
        names = [NAMES.get(PHONEMES[p], PHONEMES[p]) for p in labels]
        around = [SILENCE] + names + [SILENCE]
        short, long, skip = [self.silence], [self.silence], [False]
        for k, name in enumerate(names):
            left, right = around[k], around[k + 2]
            short += [*self.triphone(left, name, right), self.silence]
            long += [*self.triphone(left, name + ":" if name in "aiueo" else name, right), self.silence]
            skip += [k > 0, False, False, False]
        return short, long, skip

    def scores(self, emissions, readings):
        """Log likelihood of the best alignment of each reading with the whole of the sound."""
        chains = [self.chain(r) for r in readings]
        end = np.array([len(c[0]) for c in chains])
        short, long = np.zeros((2, len(chains), end.max()), np.int64)
        skip = np.zeros(short.shape, bool)
        for k, c in enumerate(chains):
            short[k, :end[k]], long[k, :end[k]], skip[k, :end[k]] = c
        v = np.full(short.shape, -1e30)
        v[:, :2] = emissions[0][short[:, :2]]
        for e in emissions[1:]:
            best = v.copy()
            np.maximum(best[:, 1:], v[:, :-1], out=best[:, 1:])
            np.maximum(best[:, 2:], np.where(skip[:, 2:], v[:, :-2], -1e30), out=best[:, 2:])
            v = best + np.maximum(e[short], e[long])
        n = np.arange(len(chains))
        return np.maximum(v[n, end - 1], v[n, end - 2])
