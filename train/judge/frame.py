"""Trains the weights that tell what is there from what is only told of, in two matters:

danger  danger that is there, from what is long over, a film, a joke, a drill
aim     harassment of who is on the telephone, from what others said, family, a joke, and what a customer within his rights says

Each is said in the same words, and mostly what was said before shows which it is. Hashed character n-grams of the line, others of the caller's words before it,
and classes of words in either; logistic regression.

Reads <matter>.jsonl (lines with what was said before them, in pairs of nearly the same words), <matter>-words.txt (the classes), and for danger need.txt (lines
alone). Writes internal/judge/net/<matter>-line.bin, -before.bin and -words.tsv. Seeds are fixed; the same input gives the same bytes.
Usage: /usr/bin/python3 frame.py [MATTER ...]
       /usr/bin/python3 frame.py --check   only writes what the weights say of some lines, by which the product is tested
"""
import argparse, json, math, os, random, sys
import numpy as np
import need as needs
import train

MATTERS = ("danger", "aim")
LINE_BITS, BEFORE_BITS = 17, 17
ALONE = 0.1  # weight of a line alone, against one with what was said before it; calls are like neither
TALK = 0.5  # share of the lines alone that get small talk before them, so that it says nothing
LETTERS = 120  # of what was said before, the last
EPOCHS, MEAN, RATE = 12, 4, 0.1
NET = os.path.join(train.ROOT, "internal/judge/net")


def classes(matter):
    """(name, folded words) of each class. A kana is no word."""
    rows = [l.rstrip("\n").split("\t") for l in open(os.path.join(train.HERE, matter + "-words.txt"), encoding="utf-8") if l.strip() and l[0] != "#"]
    return [(name, [w for w in dict.fromkeys(train.fold(words.split())) if len(w) > 1 or not "ぁ" <= w <= "ん"]) for name, words in rows]


def lines(matter):
    """(1 if it is there, folded line, folded words before it, weight)."""
    rng = random.Random(7)
    out = []
    if matter == "danger":
        talk = [t for _, t in train.read(os.path.join(train.HERE, "talk.txt"))]
        for c, t in train.read(os.path.join(train.HERE, "need.txt")):
            before = [rng.choice(talk) for _ in range(rng.randint(1, 3))] if rng.random() < TALK else []
            out.append((float(c == "G-CRISIS"), t, before, ALONE))
    for l in open(os.path.join(train.HERE, matter + ".jsonl"), encoding="utf-8"):
        d = json.loads(l)
        out.append((float(d["there"]), d["line"], d["before"], 1.0))
    folded = iter(train.fold([s for _, t, b, _ in out for s in [t] + b]))
    data = [(y, next(folded), "".join(next(folded) for _ in b)[-LETTERS:], w) for y, _, b, w in out]
    near = near_seed()
    return [d for d in data if not near(d[1])]


def near_seed():
    """Tells lines that are too near to one of the seed of phrases: none is trained on."""
    seed = [json.loads(l)["text"] for l in open(os.path.join(train.ROOT, "internal/proof/eval/testdata/seed.jsonl"), encoding="utf-8")]
    seeds = [g for g in map(train.grams, train.fold(seed)) if len(g) > 3]
    def near(s):
        g = train.grams(s)
        return any(len(g & k) >= 0.5 * max(1, min(len(g), len(k))) for k in seeds)
    return near


def owners(texts, bits):
    train.CLASSES, train.BITS = needs.CLASSES, bits
    return train.owners(texts)


def features(s, marks, bits):
    train.BITS = bits
    return train.features(s, marks)


def fit(data, words):
    kind = lambda y: needs.CLASSES[int(y)]
    lm = owners([(kind(y), l, w) for y, l, _, w in data], LINE_BITS)
    bm = owners([(kind(y), b, w) for y, _, b, w in data if b], BEFORE_BITS)
    n, m, k = 1 << LINE_BITS, 1 << BEFORE_BITS, len(words)
    rows = []
    for _, l, b, _ in data:
        f, c = features(l, lm, LINE_BITS)
        g, d = features(b, bm, BEFORE_BITS) if b else (np.zeros(0, np.int64), 1)
        has = [j for j, (_, ws) in enumerate(words) if any(w in l for w in ws)] + [k + j for j, (_, ws) in enumerate(words) if any(w in b for w in ws)]
        at = np.concatenate([f, n + g, n + m + np.array(has, np.int64)])
        rows.append((at, np.concatenate([np.full(len(f), 1 / math.sqrt(max(1, c))), np.full(len(g), 1 / math.sqrt(max(1, d))), np.ones(len(has))])))
    W, G, bias = np.zeros(n + m + 2 * k), np.full(n + m + 2 * k, 1e-4), 0.0
    mean, mean_bias = np.zeros_like(W), 0.0
    rng, order = random.Random(7), list(range(len(data)))
    for e in range(EPOCHS):
        rng.shuffle(order)
        loss = 0.0
        for i in order:
            at, x = rows[i]
            y, w = data[i][0], data[i][3]
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, W[at] @ x + bias))))
            loss -= math.log(max(1e-12, p if y else 1 - p))
            q = (p - y) * w
            g = q * x
            G[at] += g * g + 1e-12
            W[at] -= RATE * (g + 2e-4 * W[at]) / np.sqrt(G[at])
            bias -= 0.005 * q
        if e >= EPOCHS - MEAN:
            mean += W / MEAN
            mean_bias += bias / MEAN
        print(f"epoch {e + 1}: {loss / len(order):.4f}", file=sys.stderr)
    return mean[:n], mean[n:n + m], mean[n + m:].reshape(2, k), mean_bias, lm, bm


def check():
    """Writes what the weights give for some lines, for the test that holds this reading and the product's together."""
    out = []
    for matter in MATTERS:
        line, before = (needs.load(os.path.join(NET, f"{matter}-{of}.bin")) for of in ("line", "before"))
        words = [l.rstrip("\n").split("\t") for l in open(os.path.join(NET, matter + "-words.tsv"), encoding="utf-8") if l[0] != "#"]
        data = lines(matter)
        for _, l, b, _ in data[::len(data) // 40]:
            z = line[3]
            for (bits, marks, W, _), s in ((line, l), (before, b)):
                if s:
                    f, c = features(s, marks, bits)
                    z += W[f].sum() / math.sqrt(max(1, c))
            for _, here, earlier, ws in words:
                z += float(here) * any(w in l for w in ws.split(" ")) + float(earlier) * any(w in b for w in ws.split(" "))
            out.append({"matter": matter, "line": l, "before": b, "there": round(1 / (1 + math.exp(-z)), 6)})
    path = os.path.join(train.ROOT, "internal/judge/testdata/frame.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(o, ensure_ascii=False) for o in out) + "\n]\n")
    print(f"{path}: {len(out)} lines", file=sys.stderr)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("matters", nargs="*", default=MATTERS)
    p.add_argument("--check", action="store_true")
    a = p.parse_args()
    for matter in () if a.check else a.matters:
        words, data = classes(matter), lines(matter)
        print(f"{matter}: {len(data)} lines, {sum(y for y, *_ in data):.0f} there", file=sys.stderr)
        line, before, w, bias, lm, bm = fit(data, words)
        needs.write(os.path.join(NET, matter + "-line.bin"), line, bias, lm)
        needs.write(os.path.join(NET, matter + "-before.bin"), before, 0.0, bm)
        with open(os.path.join(NET, matter + "-words.tsv"), "w", encoding="utf-8") as f:
            f.write(f"# class, weight in the line, weight before it, words; written by train/judge/frame.py from train/judge/{matter}-words.txt\n")
            for j, (name, ws) in enumerate(words):
                f.write(f"{name}\t{w[0, j]:.3f}\t{w[1, j]:.3f}\t{' '.join(ws)}\n")
    check()


if __name__ == "__main__":
    main()
