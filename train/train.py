"""Step 3: train the phoneme net by CTC on the augmented copies; keeps work/best.pt (weights averaged over steps).

Usage: python3 train.py EPOCHS COPIES [MINUTES [RATE [START]]]; processes share each step (PROCESSES, two if not said).
"""

import copy
import datetime
import os
import sys
import tempfile
import time

import numpy as np
import torch
import torch.distributed
import torch.multiprocessing

from common import WORK
from muon import Muon
from net import Net
from shipped import Shipped

SEED, BATCH_FRAMES, PEAK_RATE, WARM = 11, 8000, 2e-3, 300


class Data:
    def __init__(self, path):
        z = np.load(path)
        self.feats, self.ends, self.kinds = z["feats"], z["ends"], z["kinds"]
        self.at = np.concatenate([[0], np.cumsum(z["counts"])])
        self.labels = z["labels"].astype(np.int64)

    def __len__(self):
        return len(self.ends) - 1

    def get(self, i):
        return self.feats[self.ends[i]:self.ends[i + 1]], self.labels[self.at[i]:self.at[i + 1]]

    def batches(self, rng):
        """Lists of utterances of like length, about BATCH_FRAMES frames each."""
        length = np.diff(self.ends)
        order = np.argsort(length * rng.uniform(0.9, 1.1, len(length)))
        out, now, longest = [], [], 0
        for i in order:
            if now and max(longest, length[i]) * (len(now) + 1) > BATCH_FRAMES:
                out.append(now)
                now, longest = [], 0
            now.append(i)
            longest = max(longest, length[i])
        out.append(now)
        rng.shuffle(out)
        return out


def collate(data, ids, rng=None):
    got = [data.get(i) for i in ids]
    longest = max(len(f) for f, _ in got)
    x = np.zeros((len(got), longest, 40), np.float32)
    for k, (f, _) in enumerate(got):
        x[k, :len(f)] = f
        if rng is not None:
            mask(x[k, :len(f)], rng)
    n = torch.tensor([len(f) // 3 for f, _ in got])
    y = torch.from_numpy(np.concatenate([l for _, l in got]))
    return torch.from_numpy(x), n, y, torch.tensor([len(l) for _, l in got])


def mask(x, rng):
    """SpecAugment: bands and stretches set to the mean; and a small gain of the whole."""
    for _ in range(2):
        w = rng.integers(0, 7)
        a = rng.integers(0, 40 - w)
        x[:, a:a + w] = 0
    for _ in range(1 + len(x) // 250):
        w = rng.integers(0, 15)
        a = rng.integers(0, max(1, len(x) - w))
        x[a:a + w] = 0
    x += rng.normal(0, 0.1)


def distance(a, b):
    d = np.arange(len(b) + 1)
    for i, p in enumerate(a, 1):
        last, d[0] = d[0], i
        for j, q in enumerate(b, 1):
            last, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, last + (p != q))
    return d[-1]


def error_rates(net, data, limit=220):
    """Phoneme error rate by greedy decoding: {0: rendered, 1: human words}."""
    net.eval()
    wrong, total = {0: 0, 1: 0}, {0: 1e-9, 1: 1e-9}
    with torch.no_grad():
        for i in range(0, len(data)):
            f, l = data.get(i)
            best = net(torch.from_numpy(f.astype(np.float32))[None])[0].argmax(-1).numpy()
            hyp = [p for k, p in enumerate(best) if p and (k == 0 or best[k - 1] != p)]
            kind = int(data.kinds[i])
            wrong[kind] += distance(hyp, l.tolist())
            total[kind] += len(l)
    net.train()
    return {k: wrong[k] / total[k] for k in wrong}


def wait(path):
    while not os.path.exists(path):
        time.sleep(2)
    return path


def main(epochs, copies, minutes=1e9, peak=PEAK_RATE, start=None):
    """minutes: where the machine is slower than thought, the learning rate falls as the time does, and training ends with it.
    peak: of the learning rate. start: a net, of as many blocks or fewer, to go on from, or "shipped"."""
    processes = int(os.environ.get("PROCESSES", 2))
    with tempfile.TemporaryDirectory() as d:
        torch.multiprocessing.spawn(train, (processes, os.path.join(d, "meet"), epochs, copies, minutes, peak, start), nprocs=processes)


def begun(start):
    net = Net()
    if start == "shipped":
        first = Data(wait(os.path.join(WORK, "copy0.npz")))
        net = Shipped().measure(collate(first, ids)[0] for ids in first.batches(np.random.default_rng(SEED))[:60]).train()
    elif start:
        net.grow(torch.load(start))
    return net.level()  # as large as Muon's steps want them


def together(values, processes):
    """The mean of a tensor over the processes."""
    torch.distributed.all_reduce(values)
    return values.div_(processes)


def train(rank, processes, meet, epochs, copies, minutes, peak, start):
    torch.distributed.init_process_group("gloo", "file://" + meet, datetime.timedelta(hours=6), processes, rank)
    torch.manual_seed(SEED)
    rng, own = np.random.default_rng(SEED), np.random.default_rng([SEED, rank])
    torch.set_num_threads(1)  # two threads wait for each other on a busy machine: 3.6 s a step, not 0.2
    net = begun(start)
    torch.manual_seed(SEED + rank)  # of the channels that are left out
    params, inside = list(net.parameters()), [linear.weight for linear, _ in net.matrices()]
    held = Data(wait(os.path.join(WORK, "held.npz")))
    adam = torch.optim.AdamW([p for p in params if all(p is not m for m in inside)], lr=peak, weight_decay=0.01, betas=(0.9, 0.98))
    muon, mean = Muon(inside), copy.deepcopy(net)
    if rank == 0:
        print(sum(map(torch.numel, params)), "parameters", flush=True)
    step, steps, best, began = 0, None, 9.0, time.time()
    for epoch in range(epochs):
        data = Data(wait(os.path.join(WORK, f"copy{epoch % copies}.npz")))
        todo = data.batches(rng)
        todo = todo[:len(todo) // processes * processes][rank::processes]
        steps = steps or epochs * len(todo)
        losses = []
        for ids in todo:
            passed = float(together(torch.tensor([(time.time() - began) / 60]), processes))
            if passed > minutes:
                break
            rate = peak * (min(1, step / WARM) * max(0, 1 - max(step / steps, passed / minutes)) + 0.001)
            for g in adam.param_groups:
                g["lr"] = rate
            x, n, y, m = collate(data, ids, own)
            loss = torch.nn.functional.ctc_loss(net(x).transpose(0, 1), y, n, m, zero_infinity=True)
            net.zero_grad(set_to_none=False)
            loss.backward()
            gradient = together(torch.nn.utils.parameters_to_vector([p.grad for p in params]), processes)
            for p, g in zip(params, gradient.split([p.numel() for p in params])):
                p.grad.copy_(g.view_as(p))
            torch.nn.utils.clip_grad_norm_(params, 2.0)
            adam.step()
            muon.step(rate)
            losses.append(loss.item())
            step += 1
            if step % 4 == 0:
                average(mean, net, min(0.995, step / (step + 400)))
        if not losses:
            break
        if rank == 0:
            rates = error_rates(mean, held)
            print(f"epoch {epoch} loss {np.mean(losses):.3f} PER rendered {rates[0]:.3f} human words {rates[1]:.3f}"
                  f" {time.time() - began:.0f} s", flush=True)
            if sum(rates.values()) < best:
                best = sum(rates.values())
                torch.save(mean.state_dict(), os.path.join(WORK, "best.pt.part"))
                os.rename(os.path.join(WORK, "best.pt.part"), os.path.join(WORK, "best.pt"))
        torch.distributed.barrier()


def average(mean, net, keep):
    with torch.no_grad():
        for a, b in zip(mean.state_dict().values(), net.state_dict().values()):
            if a.dtype.is_floating_point:
                a.mul_(keep).add_(b, alpha=1 - keep)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:5]), *sys.argv[5:])
