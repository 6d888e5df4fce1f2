"""The gist: what a stretch of speech is like by the runs of phonemes that the spotter's net reads in it, when no word of it is known.

Statistics over hashed runs of phonemes, some with one phoneme left open, of the sentences that the judge's statistics are trained with
(judge/train.py). What is heard is read by the net and the language of language.py, and a part of it is misread: the errors are counted on
sentences over lines by voices that the net does not know (mix.py), and each sentence is spoilt anew in every epoch, from hardly to three and a half times as much. Writes weights/gist.bin. Needs
Debian's mecab beside the rest; ten minutes. The voice that the measures use says nothing here.
Usage: python3 gist.py
"""

import bisect
import collections
import gzip
import importlib.util
import json
import os
import random
import struct
import subprocess
import tempfile
import time

import numpy as np
import torch

import activity
import features
import kana
import scenes
from callsets import line
from common import DICTIONARY, HERE, INDEX, PHONEMES, SHARED, WORK

_spec = importlib.util.spec_from_file_location("letters", os.path.join(HERE, "judge", "train.py"))  # this folder has a train.py too
letters = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(letters)

OUT = os.path.join(HERE, "..", "internal", "listener", "builtin")
CLASSES = letters.CLASSES
BITS, WIDTH = 17, 12  # places for runs, and numbers in each
LEAST, MOST = 3, 6  # phonemes of a run
OPEN = (4, 5, 6)  # lengths of runs in which one phoneme between the ends is open
EDGE, ANY = 0, 255  # what stands for the ends of a stretch, and for an open phoneme
PAUSE = INDEX["pau"]
COUNTED = 1200  # sentences that the errors are counted on, or a few more, where there are so many
FELL_APART = 0.4  # a sentence of which more is misread is by a voice that nobody understands, and is not counted
SPOILT = (0.1, 3.5)  # how often a sentence is misread, for what was counted
EPOCHS = 8
TOLD = 0.35  # as the product's gistTold
STRANGERS = ("strangers-unseen", "strangers-blind2", "strangers-blind3", "strangers-blind4")  # lists of lines that it is looked at with
CHAT = 2.0  # weight of what is said in the corpora
LONGEST = 160  # phonemes that are looked at of a sentence; the product looks at 80 together


def read(lines):
    """The phonemes of sentences, by the dictionary of Open JTalk: lists of indices, empty where one can't be read."""
    with tempfile.TemporaryDirectory() as d:
        for f in os.listdir(DICTIONARY):
            os.symlink(os.path.join(DICTIONARY, f), os.path.join(d, f))
        with open(os.path.join(d, "dicrc"), "w") as f:
            f.write("cost-factor = 700\nbos-feature = BOS/EOS,*,*,*,*,*,*,*,*\neval-size = 8\nunk-eval-size = 4\nconfig-charset = UTF-8\n")
        text = subprocess.run(["mecab", "-d", d], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True).stdout
    out, said = [], ""
    for row in text.split("\n"):
        if row == "EOS":
            out.append(kana.phonemes(said) or [])
            said = ""
        elif row:
            word, about = row.split("\t", 1)
            about = about.split(",")
            if about[0] != "記号":
                said += (about[8] if len(about) > 8 else word if all("ぁ" <= c <= "ヺ" or c == "ー" for c in word) else "").replace("’", "")
    assert len(out) == len(lines)
    return out


def once(phonemes):
    """Pauses left out, the same phoneme twice in a row as one."""
    out = []
    for p in phonemes:
        if p != PAUSE and (not out or out[-1] != p):
            out.append(int(p))
    return out


def errors():
    """Counts what the net reads for what was said, by voices that it does not know (mix.py): [said][read], 0 for nothing."""
    path = os.path.join(WORK, "misread.npy")
    if os.path.exists(path):
        return np.load(path)
    if not os.path.exists(os.path.join(WORK, "mix.index.jsonl")):
        raise SystemExit(f"{WORK}/mix.index.jsonl is missing: mix.py makes it")
    features.ROOMS = activity.rooms()
    pool = scenes.noises(False)
    sound = np.fromfile(os.path.join(WORK, "mix.i16"), np.int16)
    said, clips = [], []
    with open(os.path.join(WORK, "mix.index.jsonl"), encoding="utf-8") as f:
        rows = [json.loads(l) for l in f]
    for k in range(0, len(rows), max(1, len(rows) // COUNTED)):
        r, row = np.random.default_rng(50000 + k), rows[k]
        y = np.concatenate([np.zeros(4000), sound[row["from"]:row["from"] + row["n"]] / 32768, np.zeros(4000)])
        said.append(once(row["labels"]))
        clips.append(line(r, pool, len(y))(y))
    count = np.zeros((len(PHONEMES), len(PHONEMES)))
    for a, b in zip(said, scenes.inputs("phonemes", clips)):
        pairs = aligned(a, once(b[0]) if len(b) else [])
        if sum(x != y for x, y in pairs) > FELL_APART * len(a):
            continue
        for x, y in pairs:
            count[x, y] += 1
    np.save(path, count)
    return count


def aligned(a, b):
    """Pairs of the phonemes of two lists with the fewest differences, 0 for none."""
    d = np.zeros((len(a) + 1, len(b) + 1), int)
    d[:, 0], d[0] = range(len(a) + 1), range(len(b) + 1)
    for i in range(1, len(a) + 1):
        for k in range(1, len(b) + 1):
            d[i, k] = min(d[i - 1, k - 1] + (a[i - 1] != b[k - 1]), d[i - 1, k] + 1, d[i, k - 1] + 1)
    i, k, out = len(a), len(b), []
    while i or k:
        if i and k and d[i, k] == d[i - 1, k - 1] + (a[i - 1] != b[k - 1]):
            i, k = i - 1, k - 1
            out.append((a[i], b[k]))
        elif i and d[i, k] == d[i - 1, k] + 1:
            i -= 1
            out.append((a[i], 0))
        else:
            k -= 1
            out.append((0, b[k]))
    return out[::-1]


class Spoiler:
    """Misreads phonemes as the net does, more or less often."""

    def __init__(self, count, rng):
        self.rng, self.of = rng, {}
        self.added, self.extra = count[0].sum() / count[1:].sum(), np.cumsum(count[0] / count[0].sum()).tolist()
        for p in range(1, len(PHONEMES)):
            n, other = count[p].sum(), count[p].copy()
            other[p] = 0
            self.of[p] = (0.2, [1.0]) if n < 20 or not other.sum() else (other.sum() / n, np.cumsum(other / other.sum()).tolist())

    def draw(self, shares):
        return min(len(shares) - 1, bisect.bisect(shares, self.rng.random()))

    def __call__(self, phonemes, much):
        out = []
        for p in phonemes:
            often, others = self.of[p]
            if self.rng.random() < min(0.85, often * much):
                p = self.draw(others)
            out.append(p)
            if self.rng.random() < self.added * much:
                out.append(self.draw(self.extra))
        return once(p for p in out if p)


def places(phonemes):
    """Where the weights of the runs in a stretch stand, each once."""
    s = [EDGE] + phonemes + [EDGE]
    out, n = set(), len(s)
    for a in range(n):
        h = 2166136261
        for b in range(a, min(n, a + MOST)):
            h = ((h ^ s[b]) * 16777619) & 0xFFFFFFFF
            if b - a + 1 >= LEAST:
                out.add((h ^ (h >> 15)) & ((1 << BITS) - 1))
    for width in OPEN:
        for a in range(n - width + 1):
            for hole in range(1, width - 1):
                h = 2166136261
                for b in range(width):
                    h = ((h ^ (ANY if b == hole else s[a + b])) * 16777619) & 0xFFFFFFFF
                out.add((h ^ (h >> 15)) & ((1 << BITS) - 1))
    return sorted(out)


def sentences():
    """Class, text and weight of what is trained with."""
    rng = random.Random(7)
    seed = [json.loads(l)["text"] for l in open(os.path.join(letters.ROOT, "internal/proof/eval/testdata/seed.jsonl"), encoding="utf-8")]
    ours = [l for name in ("positive.txt", "benign.txt", "fair.txt", "need.txt", "talk.txt") for l in letters.read(os.path.join(letters.HERE, name))]
    for matter in ("danger", "aim"):  # what callers say before they tell of danger or of harassment that is none
        rows = [json.loads(l) for l in open(os.path.join(letters.HERE, matter + ".jsonl"), encoding="utf-8")]
        ours += [("NONE", t) for d in rows if not d["there"] for t in d["before"]]
    ours += letters.ordinary(rng, 1500) + letters.in_dialect(rng, 700) + fair(rng, 2500)
    folded = letters.fold([t for _, t in ours] + seed)
    seeds = [g for g in map(letters.grams, folded[len(ours):]) if len(g) > 3]
    kept = []
    for said, s in zip(ours, folded):
        g = letters.grams(s)
        if max(len(g & k) / max(1, min(len(g), len(k))) for k in seeds) < 0.5:
            kept.append(said)
    told = [("G-VICTIM", t) for _, t in zip(range(len(kept)), letters.quoted(rng, kept))]
    weight = collections.Counter({t: letters.HARD for _, t in letters.read(os.path.join(letters.HERE, "fair.txt"))})
    return [(c, t, weight[t] or 1.0) for c, t in kept + told] + [(c, t, CHAT) for c, t in letters.corpora(SHARED)]


def fair(rng, n):
    """Requests and complaints of a customer who has every right to them, put together from who or what and what is asked."""
    who = ("責任者 責任者の方 上の方 上司の方 担当 担当の方 担当者 店長さん 店長 詳しい方 わかる方 わかる人 別の方 ほかの方 前の担当の方 先ほどの方 さっきの人 技術の方 係の方 部長さん 社員の方 "
           "窓口の方 お店の方 本社の方 修理の方 請求の担当 女性の方 男性の方 若い方 年配の方 日本語のわかる方 英語の話せる方").split()
    ask = ("に代わってください に代わっていただけますか に代わってもらえますか に代わってほしいのですが とお話しさせてください と話したいのですが につないでください につないでいただけますか をお願いします "
           "をお願いできますか はいらっしゃいますか から電話をください から折り返しをお願いします に伝えてください に聞いてください に確認してください に説明してほしいです のお名前を教えてください").split()
    what = ("返金 交換 修理 謝罪 説明 連絡 回答 調査 確認 返品 解約 訂正 再発行 値引き 補償 取り消し 工事のやり直し 点検 お詫び 書面での回答").split()
    want = ("してください していただけますか してもらえますか してほしいんです をお願いします をお願いしたいのですが はいつになりますか はまだですか はできないんですか はしていただけないんですか がないのは困ります がないと納得できません "
            "を待っているんです してくれると言いましたよね してもらえないなら消費者センターに相談します").split()
    why = ["", "", "", "もう二回目なので、", "何度も電話しているんです、", "話が違うので、", "困っているんです、", "怒っているわけではないんですが、", "納得できないので、", "約束の日を過ぎています、", "もう待てません、", "腹が立っています、", "お願いですから、"]
    return [("NONE", rng.choice(why) + (rng.choice(who) + rng.choice(ask) if rng.random() < 0.55 else rng.choice(what) + rng.choice(want))) for _ in range(n)]


def train(data, count):
    torch.manual_seed(3)
    torch.set_num_threads(1)
    rng = random.Random(1)
    spoil = Spoiler(count, rng)
    said = read([t for _, t, _ in data])
    label = np.array([CLASSES.index(c) for c, _, _ in data])
    weight = torch.tensor([w * (1.4 if k else 1.0) for (_, _, w), k in zip(data, label)], dtype=torch.float32)
    calm = [i for i, k in enumerate(label) if k == 0]
    table = torch.nn.EmbeddingBag(1 << BITS, WIDTH, mode="sum", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.05)
    out = torch.nn.Linear(WIDTH, len(CLASSES))
    steps = torch.optim.SparseAdam(table.parameters()), torch.optim.Adam(out.parameters())
    begun, batch = time.time(), 64
    for e in range(EPOCHS):
        order, total = np.random.RandomState(e).permutation(len(data)), 0.0
        for k in range(0, len(order), batch):
            for s in steps:
                for g in s.param_groups:
                    g["lr"] = 0.004 * (1.02 - (e + k / len(order)) / EPOCHS)
            which, at, where, size = order[k:k + batch], [], [], []
            for i in which:
                x = said[i]
                if label[i] and rng.random() < 0.3:  # with something innocent in front of it or behind it, it stays what it is
                    z = said[rng.choice(calm)]
                    x = z + x if rng.random() < 0.5 else x + z
                runs = places(spoil(x, rng.uniform(*SPOILT))[:LONGEST])
                where.append(len(at))
                at += runs
                size.append(max(1, len(runs)))
            x = table(torch.tensor(at, dtype=torch.long), torch.tensor(where)) / torch.sqrt(torch.tensor(size, dtype=torch.float32))[:, None]
            loss = (torch.nn.functional.cross_entropy(out(x), torch.tensor(label[which]), reduction="none") * weight[which]).mean()
            for s in steps:
                s.zero_grad()
            loss.backward()
            for s in steps:
                s.step()
            total += float(loss)
        print(f"epoch {e + 1} loss {total * batch / len(order):.3f} {time.time() - begun:.0f} s", flush=True)
    return [p.detach().numpy() for p in (table.weight, out.weight, out.bias)]


def write(table, weights, bias):
    """The file: gzip around magic, length and JSON of the header, int8 table, float32 weights and bias, little-endian."""
    unit = float(np.quantile(np.abs(table), 0.9999)) / 127
    whole = np.clip(np.round(table / unit), -127, 127).astype(np.int8)
    head = json.dumps({"classes": CLASSES, "phonemes": PHONEMES, "bits": BITS, "width": WIDTH, "least": LEAST, "most": MOST, "open": OPEN,
                       "unit": unit, "made": "train/gist.py"}).encode()
    raw = b"CSGIST1\0" + struct.pack("<I", len(head)) + head + whole.tobytes() + weights.astype("<f4").tobytes() + bias.astype("<f4").tobytes()
    path = os.path.join(OUT, "weights", "gist.bin")
    with open(path, "wb") as f:
        f.write(gzip.compress(raw, 9, mtime=0))
    print(os.path.basename(path), os.path.getsize(path), "octets;", f"{np.mean(np.abs(whole) == 127):.5f} of the numbers cut")
    return whole * unit


def golden(table, weights, bias):
    """What the file says of some stretches, by which the product is tested."""
    lines = [t for _, t, _ in sentences()[::1777]]
    rows = []
    for said in read(lines) + [[], [1], [1, 9, 1, 9] * 3]:
        rows.append({"phonemes": [PHONEMES[p] for p in said], "likely": [round(float(x), 5) for x in likely(table, weights, bias, said)]})
    with open(os.path.join(OUT, "testdata", "gist.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def likely(table, weights, bias, said):
    at = places(said)
    z = weights @ (table[at].sum(0) / np.sqrt(max(1, len(at)))) + bias
    q = np.exp(z - z.max())
    return q / q.sum()


def check(table, weights, bias, count):
    """Prints what the file says of strangers' lines, which nothing here is trained with, misread more or less often."""
    rows = [json.loads(l) for n in STRANGERS for l in open(os.path.join(letters.ROOT, "internal/proof/eval/testdata", n + ".jsonl"), encoding="utf-8")]
    said = [once(s) for s in read([r["text"] for r in rows])]
    kind = np.array([r["category"] for r in rows])
    need = kind == "G-CRISIS"
    harm = np.array([r["kind"] == "positive" for r in rows]) & ~need
    kinds = np.array([not c.startswith("G-") and c != "NONE" for c in CLASSES])
    wrong = 1 - np.trace(count) / count[1:].sum()
    print(f"{sum(harm)} lines of harassment, {sum(need)} of need, {sum(~harm & ~need)} others:")
    for share in (0, 0.1, 0.2, 0.3):
        spoil = Spoiler(count, random.Random(4))
        q = np.array([likely(table, weights, bias, spoil(s, share / wrong) if share else s) for s in said])
        like, needy = q[:, kinds].sum(1), q[:, CLASSES.index("G-CRISIS")]
        told = harm & (like >= TOLD)
        right = np.array(CLASSES)[np.where(kinds, q, 0).argmax(1)] == kind
        print(f"{share:.0%} misread: found where 5 % of the others are: harassment {found(like[harm], like[~harm]):.1%}, need "
              f"{found(needy[need], needy[~need]):.1%}; like harassment {TOLD} and more: {np.mean(like[harm] >= TOLD):.1%}, of the others "
              f"{np.mean(like[~harm] >= TOLD):.1%}; of the right kind {right[told].mean():.1%}")


def found(these, others):
    return np.mean(these >= np.quantile(others, 0.95))


def main():
    data = sentences()
    print(len(data), "sentences;", dict(collections.Counter(c for c, _, _ in data)))
    count = errors()
    print(f"read wrong {1 - np.trace(count) / count[1:].sum():.3f}, left out {count[1:, 0].sum() / count[1:].sum():.3f}, added {count[0].sum() / count[1:].sum():.3f}")
    table, weights, bias = train(data, count)
    table = write(table, weights, bias)
    golden(table, weights, bias)
    check(table, weights, bias, count)


if __name__ == "__main__":
    main()
