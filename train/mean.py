"""The mean of trained nets' weights, and how well it reads: python3 mean.py OUT.pt WEIGHT*NET …; a NET is a file of train.py, or "shipped".

Ends of trainings that began with the same net lie in one hollow: their mean forgets less than each. What their batch norms
see is measured anew. Prints the error rates of held-out sound, and for the real sentences of spotsets.py (never trained with), plain and
in eight lines, the error rate and the nats that a true phoneme costs, at the sharpness that suits the net best: otherwise a net that
is less sure of everything would seem to know more. With one net only that is printed of it.
"""

import csv
import os
import sys

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

import features
from common import WORK
from frontend import filters
from kana import phonemes
from net import Net
from shipped import Shipped
from train import Data, collate, distance, error_rates

BATCHES, LINES, NOISIEST = 60, 8, 8
SHARPNESS = np.linspace(0.3, 1, 15)  # factors of the log posteriors


def mean(parts):
    """parts: (weight, state of a net). The net with their mean, its batch norms measured on some of the training's sound."""
    parts = [(w, levelled(s)) for w, s in parts]
    first, total = parts[0][1], sum(w for w, _ in parts)
    net = Net()
    net.load_state_dict({k: sum(w / total * s[k] for w, s in parts) if v.dtype.is_floating_point else v for k, v in first.items()})
    if len(parts) == 1:
        return net.eval()
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm1d):
            m.reset_running_stats()
            m.momentum = None  # all batches count alike
    for block in net.blocks:
        block.drop = 0
    net.train()
    with torch.no_grad():
        for x in some():
            net(x)
    return net.eval()


def levelled(state):
    net = Net()
    net.load_state_dict(state)
    return net.level().state_dict()


def some():
    data = Data(os.path.join(WORK, "copy0.npz"))
    for ids in data.batches(np.random.default_rng(11))[:BATCHES]:
        yield collate(data, ids)[0]


def sentences():
    """Features and phonemes of the real sentences: as they are, and in LINES lines."""
    features.load()
    r, clips = np.random.default_rng(5), []
    with open(os.path.join(WORK, "spot", "speech.tsv"), encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            if row["kana"]:
                x, sr = soundfile.read(row["path"])
                x = resample_poly(x, 1, sr // 8000)
                clips.append((x / np.abs(x).max() * 0.5, phonemes(row["kana"])))
    bank = filters()
    for x, labels in clips:
        yield features.features(np.concatenate([np.zeros(800), x, np.zeros(2400)]), bank), labels
    for _ in range(LINES):
        for x, labels in clips:
            yield features.features(features.augment(r, x, NOISIEST), bank), labels


def likelihood(net):
    """Share of the sentences' phonemes that greedy decoding gets wrong, nats a true phoneme (CTC), and the sharpness that they are least at."""
    wrong = total = 0
    nats = np.zeros(len(SHARPNESS))
    for f, labels in sentences():
        with torch.no_grad():
            logs = net(torch.from_numpy(f.astype(np.float32))[None])
        best = logs[0].argmax(-1).tolist()
        read = [p for k, p in enumerate(best) if p not in (0, 8) and (k == 0 or best[k - 1] != p)]
        wrong += distance(read, labels)
        for k, s in enumerate(SHARPNESS):
            nats[k] += float(torch.nn.functional.ctc_loss(torch.log_softmax(s * logs, -1).transpose(0, 1), torch.tensor([labels]),
                                                          torch.tensor([logs.shape[1]]), torch.tensor([len(labels)]), reduction="sum"))
        total += len(labels)
    return wrong / total, nats.min() / total, SHARPNESS[nats.argmin()]


def main(out, *parts):
    torch.set_num_threads(1)
    read = []
    for part in parts:
        weight, path = part.split("*")
        if path != "shipped":
            state = torch.load(path)
        elif len(parts) == 1:
            state = Shipped().net.state_dict()
        else:
            state = Shipped().measure(some()).state_dict()
        read.append((float(weight), state))
    net = mean(read)
    rates = error_rates(net, Data(os.path.join(WORK, "held.npz")))
    net.eval()
    wrong, nats, sharpness = likelihood(net)
    print(f"{out}: PER rendered {rates[0]:.3f} human words {rates[1]:.3f}; real sentences {wrong:.3f}, {nats:.3f} nats a phoneme at {sharpness:.2f}")
    torch.save(net.state_dict(), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
