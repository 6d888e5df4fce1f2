"""Step 4: the best net as internal/listener/builtin/weights/spotter.bin, with a golden file for the Go tests.

Batch norms are folded into the linear maps; numbers are float16. Behind them lies the background: what the net says
to speech that holds no harassment (LibriSpeech clips, human words of the held-out fold, held-out sentences), for the
calibration of phrases, as one byte a phoneme and step.
"""

import glob
import gzip
import json
import os
import struct
import sys

import numpy as np
import soundfile
import torch

import features
import g711
from common import HERE, INDEX, PHONEMES, WORK, jtalk, shared
from frontend import filters, features as frames
from net import AHEAD, BLOCKS, Net, PAST, STACK, WIDTH

OUT = os.path.join(HERE, "..", "internal", "listener", "builtin")
STEP = 16  # background: bytes a nat
FLAT = 0.6  # how much of the net's doubt is taken off: in noise it is sure of nothing, and a phrase would fit everywhere
BLANK = -1.0  # nats by which the blank is held less likely than the net says: a phoneme that noise covers is still heard a little


def folded(linear, norm):
    """Weights and bias of a linear map with the batch norm behind it."""
    bn = norm.bn
    gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    return [linear.weight * gain[:, None], bn.bias - bn.running_mean * gain]


def arrays(net):
    out = folded(net.into, net.norm)
    for b in net.blocks:
        out += [b.deep[:, 0].t().contiguous()] + folded(b.one, b.norm1) + folded(b.two, b.norm2)
    bias = net.out.bias.detach().clone()
    bias[0] += BLANK
    return [a.detach().numpy().astype(np.float16) for a in out + [net.out.weight, bias]]


def rounded(net):
    """The net as the file will hold it: folded, in float16 precision."""
    it = iter([torch.from_numpy(a.astype(np.float32)) for a in arrays(net)])
    w0, b0 = next(it), next(it)
    blocks = [tuple(next(it) for _ in range(5)) for _ in net.blocks]
    w9, b9 = next(it), next(it)

    def run(x):
        t = len(x) // STACK
        y = torch.from_numpy(x[:t * STACK].astype(np.float32)).reshape(t, -1) @ w0.t() + b0
        for deep, w1, b1, w2, b2 in blocks:
            p = torch.nn.functional.pad(y, (0, 0, PAST, AHEAD))
            d = sum(p[k:k + t] * deep[k] for k in range(deep.shape[0]))
            y = y + torch.relu(d @ w1.t() + b1) @ w2.t() + b2
        z = torch.relu(y) @ w9.t() + b9
        z = z - z.max(-1, keepdim=True).values
        return (z - FLAT * torch.logsumexp(z, -1, keepdim=True)).numpy()
    return run


def calibration(paths):
    """Those of the LibriSpeech clips that are part of the background; nothing is trained or measured with them."""
    return list(np.random.default_rng(3).permutation(paths)[:40])


def innocent():
    """About ten minutes of speech for the background, each clip through mu-law."""
    r = np.random.default_rng(3)
    paths = sorted(glob.glob(os.path.join(shared("data", "speaker", "librispeech"), "**", "*.flac"), recursive=True))
    r.permutation(paths)  # drawn as ever, so that the words behind it stay the same
    for path in calibration(paths):
        x, sr = soundfile.read(path)
        assert sr == 8000
        yield x[:6 * 8000]
    words = [w for w in features.words() if w[2]]
    for _ in range(60):
        yield features.joined(r, words)[0]
    features.load()
    rows = [row for row in features.INDEX if features.held(row["key"])]
    for k in r.permutation(len(rows))[:40]:
        row = rows[k]
        yield features.augment(r, features.SOUND[row["from"]:row["from"] + row["n"]] / 32768.0)


def background(run):
    bank = filters()
    out = []
    for x in innocent():
        x = g711.decode(g711.encode(x / (np.abs(x).max() + 1e-9) * 0.4))
        out.append(np.clip(np.round(-run(frames(x, bank)) * STEP), 0, 255).astype(np.uint8))
    return np.concatenate(out)


def golden(run):
    """A short rendered clip as 16-bit samples, its features and the net's output, for the comparison in Go."""
    x, _ = jtalk("お電話ありがとうございます。ご用件を伺います。", "mei_normal", rate=1.2)
    x = g711.decode(g711.encode(x[:3 * 8000]))
    pcm = np.round(x * 32768).astype("<i2")
    f = frames(pcm / 32768.0, filters())
    e = run(f)
    with open(os.path.join(OUT, "testdata", "golden.bin"), "wb") as out:
        out.write(struct.pack("<III", len(pcm), len(f), len(e)))
        out.write(pcm.tobytes() + f.astype("<f4").tobytes() + e.astype("<f4").tobytes())


def main(out=None):
    """out: a weights file that is not shipped, for `commusafe eval spot --net`; no golden file then."""
    net = Net()
    net.load_state_dict(torch.load(os.path.join(WORK, "best.pt")))
    net.eval()
    run = rounded(net)
    back = background(run)
    head = json.dumps({"phonemes": PHONEMES, "stack": STACK, "width": WIDTH, "blocks": BLOCKS, "past": PAST,
                       "ahead": AHEAD, "flat": FLAT, "background": len(back), "made": "train/run.sh"}).encode()
    body = b"".join(a.astype("<f2").tobytes() for a in arrays(net)) + back.tobytes()
    path = out or os.path.join(OUT, "weights", "spotter.bin")
    with open(path, "wb") as f:
        f.write(gzip.compress(b"CSNET1\n\0" + struct.pack("<I", len(head)) + head + body, 9, mtime=0))
    if not out:
        golden(run)
    print(f"{sum(a.size for a in arrays(net))} numbers, background {len(back) * 0.03 / 60:.1f} min, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
