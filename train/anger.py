"""Anger: trains a small net on the shape of acted voices (angerInputs of the product) and writes weights/anger.bin.

Everything is chosen by leaving out one training speaker after the other; the unseen speakers of the measure are looked
at by `commusafe eval emotion` only. Prints those figures, and what each corpus says of the other.
"""

import os
import struct
import sys

import numpy as np
import soundfile
import torch

import activity
import features
import g711
import scenes
from common import HERE, WORK, shared
from tiny import Tiny, export

SEED, COPIES, STEPS, WIDTH = 41, 14, 700, 16
CLASSES = {"neutral": 0, "other": 1, "anger": 2}


def telephone(r, x, pool):
    """One rendering of a clip through some line, at some level, with some noise."""
    step = r.integers(18, 23)
    x = scenes.features.resample_poly(x, step, 20)
    x = np.concatenate([np.zeros(int(r.uniform(0.3, 0.8) * 8000)), x, np.zeros(2400)])
    n = 1 << int(np.ceil(np.log2(len(x) + 3200)))
    spec = np.fft.rfft(x, n)
    if r.random() < 0.3:
        spec = spec * np.fft.rfft(features.room(r)[:1600], n)
    x = np.fft.irfft(spec * features.shape(r, n // 2 + 1), n)[:len(x)]
    rms = np.sqrt(np.mean(x ** 2)) + 1e-9
    z, _ = scenes.background(r, len(x), pool)
    x = x + z * (rms / (np.sqrt(np.mean(z ** 2)) + 1e-9) * 10 ** (-r.uniform(12, 45) / 20))
    x = np.clip(x / rms * 10 ** (r.uniform(-34, -14) / 20), -1, 1)
    return g711.decode(g711.encode(x))


def data():
    """Rows of inputs with class, speaker, corpus and clip."""
    cache = os.path.join(WORK, "anger.npz")
    r = np.random.default_rng(SEED)
    features.ROOMS = activity.rooms()
    pool = scenes.noises(False)
    clips = []
    for name, copies in (("train", COPIES), ("burst_train", 4)):
        for row in scenes.table("data", "emotion", name + ".tsv"):
            x, _ = soundfile.read(shared("data", "emotion", row["path"]))
            x = x / (np.abs(x).max() + 1e-9)
            clips += [(telephone(r, x, pool), CLASSES[row["class3"]], row["speaker"], row["corpus"], row["path"])
                      for _ in range(copies)]
    if os.path.exists(cache):
        z = np.load(cache, allow_pickle=True)
        return z["x"], z["y"], z["who"], z["corpus"], z["clip"]
    seen = scenes.inputs("anger", [c[0] for c in clips])
    rows = [(f, *c[1:]) for fs, c in zip(seen, clips) for f in fs]
    x, y, who, corpus, clip = (np.array(v) for v in zip(*rows))
    np.savez(cache, x=x, y=y, who=who, corpus=corpus, clip=clip)
    return x, y, who, corpus, clip


def train(x, y, weight, seed=SEED, width=WIDTH, decay=0.03):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    r = np.random.default_rng(seed)
    mean, std = x.mean(0), x.std(0) + 1e-6
    net = Tiny(x.shape[1], width, 0, 0, (), 3)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=decay)
    z = torch.from_numpy(((x - mean) / std).astype(np.float32))
    t, p = torch.from_numpy(y.astype(np.int64)), weight / weight.sum()
    for step in range(STEPS):
        for g in opt.param_groups:
            g["lr"] = 3e-3 * (0.5 + 0.5 * np.cos(np.pi * step / STEPS)) + 1e-5
        i = torch.from_numpy(r.choice(len(z), 256, p=p))
        v = z[i] + 0.25 * torch.randn(256, z.shape[1])
        loss = torch.nn.functional.cross_entropy(net(v[:, None])[:, 0], t[i], label_smoothing=0.05)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():  # the scale of the inputs goes into the first map
        w = net.into.weight / torch.from_numpy(std.astype(np.float32))
        net.norm.bn.running_mean += w @ torch.from_numpy(mean.astype(np.float32))
        net.into.weight.copy_(w)
    return net


def odds(net, x):
    """Natural log-odds of anger against all else."""
    with torch.no_grad():
        p = net(torch.from_numpy(x.astype(np.float32))[:, None])[:, 0]
        return (p[:, 2] - torch.logsumexp(p[:, :2], -1)).numpy()


def auc(a, b):
    return float((a[:, None] > b[None]).mean() + 0.5 * (a[:, None] == b[None]).mean()) if len(a) and len(b) else float("nan")


def by_clip(s, y, clip):
    names = sorted(set(clip))
    return np.array([s[clip == n].mean() for n in names]), np.array([y[clip == n][0] for n in names])


def weights(y, corpus):
    """Each class of each corpus counts the same; bursts count a third of the acted speech."""
    w = np.ones(len(y))
    for c in set(corpus):
        for k in set(y):
            some = (y == k) & (corpus == c)
            w[some] = (1.0 if c == "emodb" else 0.33) / max(1, some.sum())
    return w


def report(name, s, y):
    a, n, o = s[y == 2], s[y == 0], s[y == 1]
    print(f"{name}: AUC anger/neutral {auc(a, n):.3f} anger/rest {auc(a, np.concatenate([n, o])):.3f}", flush=True)


def main():
    x, y, who, corpus, clip = data()
    acted = corpus == "emodb"
    print(len(y), "rows of", len(set(clip)), "clips,", x.shape[1], "inputs", flush=True)
    for bursts in (False, True):
        scores, truth = [], []
        for s in sorted(set(who[acted])):
            fit = (who != s) & (acted | bursts)
            got = by_clip(odds(train(x[fit], y[fit], weights(y[fit], corpus[fit])), x[who == s]), y[who == s], clip[who == s])
            report(f"without speaker {s}, bursts {bursts}", *got)
            scores, truth = scores + [got[0]], truth + [got[1]]
        report(f"all left-out speakers, bursts {bursts}", np.concatenate(scores), np.concatenate(truth))
    net = train(x[acted], y[acted], weights(y[acted], corpus[acted]))
    report("acted speech says of bursts", *by_clip(odds(net, x[~acted]), y[~acted], clip[~acted]))
    net = train(x[~acted], y[~acted], weights(y[~acted], corpus[~acted]))
    report("bursts say of acted speech", *by_clip(odds(net, x[acted]), y[acted], clip[acted]))
    if "--look" in sys.argv:
        return
    # Bursts brought nothing to speakers who were left out: the net is the acted speech's alone, and bursts stay a measure.
    net = train(x[acted], y[acted], weights(y[acted], corpus[acted]))
    s, t = by_clip(odds(net, x[acted]), y[acted], clip[acted])
    print("odds: neutral 90 %% %.2f, 50 %% %.2f; anger 50 %% %.2f, 25 %% %.2f" %
          (*np.quantile(s[t == 0], (0.9, 0.5)), *np.quantile(s[t == 2], (0.5, 0.25))))
    print(export(net, ["other", "anger"], "weights/anger.bin"), "bytes")
    rows = x[acted][::max(1, acted.sum() // 40)][:40].astype("<f4")
    with open(os.path.join(HERE, "..", "internal", "listener", "builtin", "testdata", "anger.bin"), "wb") as f:
        f.write(struct.pack("<II", *rows.shape) + rows.tobytes() + odds(net, rows).astype("<f4").tobytes())


if __name__ == "__main__":
    main()
