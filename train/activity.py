"""Voice activity: trains the small net on scenes with true labels and writes weights/activity.bin with a golden file.

The measure's voice and noises (scenes.py) are never heard here. Prints F1 on scenes that were held back from training.
"""

import struct
import sys

import numpy as np
import torch

import features
import scenes
from common import HERE
from tiny import Tiny, export

SEED, SCENES, STEPS, BATCH = 21, 700, 2000, 12


def data():
    r = np.random.default_rng(SEED)
    features.ROOMS = rooms()
    clips = [scenes.spoken(r, 130, False), scenes.human(r)]
    pool = scenes.noises(False)
    made = []
    for k in range(SCENES):
        some = clips[0] if r.random() < 0.5 else clips[1]
        snr = float(r.uniform(0, 35))
        made.append(scenes.scene(r, some, pool, snr, 0.12) + (snr, some is clips[0]))
    seen = scenes.inputs("activity", [m[0] for m in made])
    return [(torch.from_numpy(f), torch.from_numpy(scenes.slots(m[1], len(f)).astype(np.int64)), *m) for f, m in zip(seen, made)]


def rooms():
    import glob
    import os
    import soundfile
    from common import shared
    out = []
    for path in sorted(glob.glob(os.path.join(shared("data", "noise"), "*.flac"))):
        if "impulse" in path or "rir" in path:
            x, _ = soundfile.read(path)
            x = x if x.ndim == 1 else x[:, 0]
            out.append(x / (np.abs(x).max() + 1e-9))
    return out


def f1(net, some, bias=0.0):
    net.eval()
    hit = false = miss = 0
    with torch.no_grad():
        for x, y, *_ in some:
            p = net(x[None])[0]
            said = (p[:, 1] > p[:, 0] + bias).numpy()
            y = y.numpy() > 0
            hit, false, miss = hit + (said & y).sum(), false + (said & ~y).sum(), miss + (~said & y).sum()
    net.train()
    return 2 * hit / (2 * hit + false + miss), hit / (hit + false + 1e-9), hit / (hit + miss + 1e-9)


def main():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    r = np.random.default_rng(SEED + 1)
    all_ = data()
    held, train = all_[:70], all_[70:]
    net = Tiny(all_[0][0].shape[1], 32, 5, 1, (1, 2, 4))
    print(sum(p.numel() for p in net.parameters()), "parameters", flush=True)
    opt = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.01)
    for step in range(STEPS):
        for g in opt.param_groups:
            g["lr"] = 4e-3 * min(1, step / 100) * (0.5 + 0.5 * np.cos(np.pi * step / STEPS)) + 1e-5
        ids = r.choice(len(train), BATCH)
        n = min(len(train[i][1]) for i in ids)
        x = torch.stack([train[i][0][:n] for i in ids])
        y = torch.stack([train[i][1][:n] for i in ids])
        loss = torch.nn.functional.cross_entropy(net(x).flatten(0, 1), y.flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 200 == 199:
            print(f"step {step + 1} loss {loss.item():.3f} held F1 %.3f precision %.3f recall %.3f" % f1(net, held), flush=True)
    for bias in (-1.5, -1, -0.5, 0, 0.5):
        print(f"odds over {bias}: F1 %.3f precision %.3f recall %.3f" % f1(net, held, bias))
    for name, some in (("rendered", [h for h in held if h[6]]), ("human", [h for h in held if not h[6]]),
                       ("under 10 dB", [h for h in held if h[5] < 10]), ("from 10 dB", [h for h in held if h[5] >= 10])):
        print(f"{name}: F1 %.3f precision %.3f recall %.3f" % f1(net, some))
    net.eval()
    print(export(net, ["speech"], "weights/activity.bin"), "bytes")
    golden(net, held[0])


def golden(net, one):
    """A clip as 16-bit samples and the net's log-odds, for the comparison in Go."""
    pcm = np.round(one[2][:8 * 8000] * 32768).astype("<i2")
    with torch.no_grad():
        p = net(torch.from_numpy(scenes.inputs("activity", [pcm / 32768.0])[0])[None])[0]
    odds = (p[:, 1] - p[:, 0]).numpy().astype("<f4")
    with open(HERE + "/../internal/listener/builtin/testdata/activity.bin", "wb") as f:
        f.write(struct.pack("<II", len(pcm), len(odds)) + pcm.tobytes() + odds.tobytes())


if __name__ == "__main__":
    sys.exit(main())
