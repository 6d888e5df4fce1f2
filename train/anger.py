"""Anger: what a voice in a window of 3 s sounds like (angerInputs of the product), alone and against the same voice's calm.

Two readers, written to weights/anger.bin and weights/change.bin: a small net on the window alone, and a linear map of the difference
to the voice's own calm in the same call, and of how large it is. The second is so simple and held so small on purpose: of all that
was tried it says most nearly the same of other speakers, languages and lines. Sessions are what a call is: one voice, one line, one kind of noise.

Everything is chosen by leaving out one training speaker or one corpus after the other; the unseen speakers of the measure
are looked at by `commusafe eval emotion` only. The voice mei is never trained on. Prints those figures; --quick leaves them out,
--look ends with them.
"""

import os
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import soundfile
import torch

import activity
import features
import g711
import scenes
from common import HERE, WORK, jtalk, shared
from render import sentences
from tiny import Tiny, export

SEED, STEPS, WIDTH, RIDGE, QUIET = 41, 700, 16, 0.3, 0.99
COPIES = {"emodb": 14, "tohoku": 4, "mei": 4, "librispeech": 2, "emogator": 3}  # sessions of each voice
VARIANTS = 16  # of a rendered voice: other formants, pitch, rate
CALM = 6  # readings of calm speech that a session begins with, as in the product
USUAL = 3.0  # the odds of the usual calm lie so far under the threshold, which is 0
CLASSES = {"neutral": 0, "other": 1, "anger": 2}
STYLES = {
    "mei": {"neutral": ["mei_normal"], "anger": ["mei_angry"], "other": ["mei_happy", "mei_sad", "mei_bashful"]},
    "tohoku": {"neutral": ["tohoku-f01-neutral"], "anger": ["tohoku-f01-angry"], "other": ["tohoku-f01-happy", "tohoku-f01-sad"]},
}
TRAINED = ("emodb", "tohoku", "librispeech")


def rendered():
    """Clips of the rendered voices in their styles: corpus, speaker, class, samples."""
    r, jobs = np.random.default_rng(77), []
    texts = [t for k, t in sentences() if k.startswith("ROHAN")]
    for voice, styles in STYLES.items():
        for v in range(VARIANTS):
            how = (None, 0.0, 1.0) if v == 0 else (r.uniform(0.42, 0.60), r.uniform(-9, 3), r.uniform(0.85, 1.25))
            for kind, names in styles.items():
                for i in range({"neutral": 16, "anger": 8, "other": 9}[kind]):
                    jobs.append((voice, f"{voice}{v}", kind, texts[r.integers(len(texts))], names[i % len(names)], *how))
    with ThreadPoolExecutor(2) as pool:
        return [(*j[:3], x) for j, (x, _) in zip(jobs, pool.map(lambda j: jtalk(*j[3:]), jobs))]


def acted():
    out = []
    for name in ("train", "burst_train"):
        for row in scenes.table("data", "emotion", name + ".tsv"):
            x, _ = soundfile.read(shared("data", "emotion", row["path"]))
            out.append((row["corpus"], row["speaker"], row["class3"], x))
    return out


def reading():
    """Calm reading of many voices; one clip is a session."""
    out = []
    folder = shared("data", "speaker", "librispeech")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".flac"):
            x, _ = soundfile.read(os.path.join(folder, name))
            out.append(("librispeech", name, "neutral", x))
    return out


class Line:
    """One line: how it sounds, how loud and how noisy it is."""

    def __init__(self, r, pool):
        self.r, self.pool = r, pool
        self.room = features.room(r)[:1600] if r.random() < 0.3 else None
        self.gain, self.snr, self.level = features.shape(r, 2049), r.uniform(12, 45), r.uniform(-34, -14)

    def carry(self, x):
        r = self.r
        x = np.concatenate([np.zeros(int(r.uniform(0.3, 0.8) * 8000)), x / (np.abs(x).max() + 1e-9), np.zeros(2400)])
        n = 1 << int(np.ceil(np.log2(len(x) + 3200)))
        spec = np.fft.rfft(x, n)
        if self.room is not None:
            spec = spec * np.fft.rfft(self.room, n)
        spec = spec * np.interp(np.linspace(0, 1, n // 2 + 1), np.linspace(0, 1, len(self.gain)), self.gain)
        x = np.fft.irfft(spec, n)[:len(x)]
        rms = np.sqrt(np.mean(x ** 2)) + 1e-9
        z, _ = scenes.background(r, len(x), self.pool)
        x = x + z * (rms / (np.sqrt(np.mean(z ** 2)) + 1e-9) * 10 ** (-self.snr / 20))
        return g711.decode(g711.encode(np.clip(x / rms * 10 ** (self.level / 20), -1, 1)))


def data():
    """Rows: inputs, difference to the calm of the session (NaN where there is none), class, speaker, corpus, clip."""
    cache = os.path.join(WORK, "anger.npz")
    if os.path.exists(cache):
        z = np.load(cache, allow_pickle=True)
        return [z[k] for k in ("x", "d", "y", "who", "corpus", "clip")]
    r = np.random.default_rng(SEED)
    features.ROOMS = activity.rooms()
    pool = scenes.noises(False)
    clips = acted() + rendered() + reading()
    voices = {}
    for i, c in enumerate(clips):
        voices.setdefault(c[:2], []).append(i)
    carried, of = [], []
    for (corpus, who), own in voices.items():
        for copy in range(COPIES[corpus]):
            line = Line(r, pool)
            for i in own:
                carried.append(line.carry(clips[i][3]))
                of.append((corpus, who, copy, i))
    seen = scenes.inputs("anger", carried)
    sessions = {}
    for f, (corpus, who, copy, i) in zip(seen, of):
        sessions.setdefault((corpus, who, copy), []).append((f, i))
    rows = []
    for (corpus, who, copy), parts in sessions.items():
        first, then = [], []
        if corpus == "librispeech":
            first, then = list(parts[0][0][:CALM]), [(parts[0][0][CALM:], parts[0][1])]
        else:
            calm = [k for k, (_, i) in enumerate(parts) if clips[i][2] == "neutral"]
            used = set()
            for k in r.permutation(calm)[:len(calm) // 2]:
                if len(first) < CALM:
                    first, used = first + list(parts[k][0]), used | {k}
            first, then = first[:CALM], [p for k, p in enumerate(parts) if k not in used]
        mean = np.mean(first, 0) if len(first) == CALM else np.full(39, np.nan)
        for f, i in then:
            for row in f:
                rows.append((row, row - mean, CLASSES[clips[i][2]], who, corpus, f"{copy}/{i}"))
    x, d, y, who, corpus, clip = (np.array(v) for v in zip(*rows))
    np.savez(cache, x=x, d=d, y=y, who=who, corpus=corpus, clip=clip)
    return x, d, y, who, corpus, clip


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


def both(d):
    """Differences, and how large they are."""
    return np.c_[d, np.abs(d)]


def line(d, y, weight):
    """Logistic regression of anger, ridge over standardised inputs. Gives a slope for each input and a constant."""
    mean = np.average(d, axis=0, weights=weight)
    std = np.sqrt(np.average((d - mean) ** 2, axis=0, weights=weight)) + 1e-6
    a, t, w = np.c_[(d - mean) / std, np.ones(len(d))], y == 2, weight / weight.sum()
    b, ridge = np.zeros(a.shape[1]), np.eye(a.shape[1]) * RIDGE
    ridge[-1, -1] = 0
    for _ in range(50):
        p = 1 / (1 + np.exp(-a @ b))
        step = np.linalg.solve((a * (w * (p * (1 - p) + 1e-9))[:, None]).T @ a + ridge, a.T @ (w * (p - t)) + ridge @ b)
        b -= step
        if np.abs(step).max() < 1e-9:
            break
    slopes = b[:-1] / std
    return slopes, b[-1] - slopes @ mean


def auc(a, b):
    return float((a[:, None] > b[None]).mean() + 0.5 * (a[:, None] == b[None]).mean()) if len(a) and len(b) else float("nan")


def by_clip(s, y, who, clip):
    means = {}
    for v, k, *name in zip(s, y, who, clip):
        means.setdefault((k, *name), []).append(v)
    return np.array([np.mean(v) for v in means.values()]), np.array([k[0] for k in means])


def weights(y, corpus):
    """Each class of each corpus counts the same, what is neither calm nor anger half."""
    w = np.zeros(len(y))
    for c in set(corpus):
        for k in set(y):
            some = (y == k) & (corpus == c)
            w[some] = (0.5 if k == 1 else 1.0) / max(1, some.sum())
    return w


def threshold(s, y):
    """Over nearly all calm clips."""
    return np.quantile(s[y == 0], QUIET)


def report(name, s, y, at):
    a, n, o = s[y == 2], s[y == 0], s[y == 1]
    shares = f"AUC anger/neutral {auc(a, n):.3f} anger/rest {auc(a, np.concatenate([n, o])):.3f} TPR {np.mean(a > at):.2f} " if len(a) else ""
    print(f"  {name}: {shares}FPR neutral {np.mean(n > at):.3f}", flush=True)


def judge(kind, inputs, rows, fit, looks):
    """Trains on some rows, and reports what it says of others."""
    x, y, who, corpus, clip = inputs, *rows
    if kind == "window":
        net = train(x[fit], y[fit], weights(y[fit], corpus[fit]))
        say = lambda v: odds(net, v)
    else:
        slopes, constant = line(x[fit], y[fit], weights(y[fit], corpus[fit]))
        say = lambda v: v @ slopes + constant
    clips = lambda of: by_clip(say(x[of]), y[of], who[of], clip[of])
    at = threshold(*clips(fit))
    for name, of in looks:
        report(f"{kind}: {name}", *clips(of), at)


def main():
    x, d, *rows = data()
    y, who, corpus, clip = rows
    known = ~np.isnan(d[:, 0])
    print(len(y), "rows of", len(set(zip(who, clip))), "clips on lines,", x.shape[1], "inputs;", known.sum(), "with a calm of their session", flush=True)
    if "--quick" not in sys.argv:
        for kind, inputs, ok in (("window", x, np.ones(len(y), bool)), ("change", both(d), known)):
            for corpora in (("emodb",), ("tohoku", "librispeech"), ("emodb", "librispeech"), TRAINED):
                fit = ok & np.isin(corpus, corpora)
                others = [c for c in ("emodb", "tohoku", "mei", "librispeech", "emogator") if c not in corpora and (ok & (corpus == c)).any()]
                print("+".join(corpora), "says of", flush=True)
                judge(kind, inputs, rows, fit, [(c, ok & (corpus == c)) for c in others])
            print("all but one acted speaker say of him", flush=True)
            for s in sorted(set(who[corpus == "emodb"])):
                judge(kind, inputs, rows, ok & np.isin(corpus, TRAINED) & (who != s), [(s, ok & (who == s))])
            print("half of the readers, and the others, say of the other half", flush=True)
            half = np.array([w.endswith(("0.flac", "2.flac", "4.flac", "6.flac", "8.flac")) for w in who])
            judge(kind, inputs, rows, ok & np.isin(corpus, TRAINED) & ~half, [("librispeech", ok & half)])
    if "--look" in sys.argv:
        return
    fit = np.isin(corpus, TRAINED)
    net = train(x[fit], y[fit], weights(y[fit], corpus[fit]))
    s, t = by_clip(odds(net, x[fit]), y[fit], who[fit], clip[fit])
    with torch.no_grad():
        net.out.bias[2] -= threshold(s, t)
    s -= threshold(s, t)
    print("window: odds of calm clips 50 %% %.2f, 90 %% %.2f; of anger 50 %% %.2f, 25 %% %.2f" %
          (*np.quantile(s[t == 0], (0.5, 0.9)), *np.quantile(s[t == 2], (0.5, 0.25))))
    print(export(net, ["other", "anger"], "weights/anger.bin"), "bytes")
    near = x[fit][::max(1, fit.sum() // 40)][:40].astype("<f4")
    golden = os.path.join(HERE, "..", "internal", "listener", "builtin", "testdata")
    with open(os.path.join(golden, "anger.bin"), "wb") as f:
        f.write(struct.pack("<II", *near.shape) + near.tobytes() + odds(net, near).astype("<f4").tobytes())
    fit &= known
    d = both(d)
    slopes, constant = line(d[fit], y[fit], weights(y[fit], corpus[fit]))
    s, t = by_clip(d[fit] @ slopes + constant, y[fit], who[fit], clip[fit])
    at = threshold(s, t)
    scale = USUAL / (at - np.median(s[t == 0]))
    slopes, constant, s = slopes * scale, (constant - at) * scale, (s - at) * scale
    print("change: odds of calm clips 50 %% %.2f, 90 %% %.2f; of anger 50 %% %.2f, 25 %% %.2f" %
          (*np.quantile(s[t == 0], (0.5, 0.9)), *np.quantile(s[t == 2], (0.5, 0.25))))
    body = b"CSC1" + struct.pack("<I", len(slopes) // 2) + np.r_[slopes, constant].astype("<f4").tobytes()
    with open(os.path.join(HERE, "..", "internal", "listener", "builtin", "weights", "change.bin"), "wb") as f:
        f.write(body)
    print(len(body), "bytes")
    near = d[fit][::max(1, fit.sum() // 40)][:40]
    with open(os.path.join(golden, "change.bin"), "wb") as f:
        f.write(struct.pack("<II", len(near), len(slopes) // 2) + near[:, :len(slopes) // 2].astype("<f4").tobytes() + (near @ slopes + constant).astype("<f4").tobytes())


if __name__ == "__main__":
    main()
