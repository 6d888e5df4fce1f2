"""Trains the weights that tell somebody in need from all others: hashed character n-grams, logistic regression of one class.

Reads need.txt (ours: people who speak of dying or tell of an emergency, and as many who only sound like it), and what train.py reads, in which everything
but a crisis is somebody else. Writes internal/judge/net/need.bin. Seeds are fixed; the same input gives the same bytes.
Usage: /usr/bin/python3 need.py [--shared DIR]
       /usr/bin/python3 need.py --check   only writes what the weights say of some sentences, by which the product is tested
"""
import argparse, json, math, os, random, struct, sys
import numpy as np
import train

BITS = 17
OURS = 2.0  # weight of a line of need.txt
NEED = 1.4  # weight of a line of somebody in need, against the others
MEAN = 6  # the weights are the mean of those after the last epochs
CLASSES = ["NONE", "G-CRISIS"]


def out_of_order(rng, n):
    """Things that do not work, told as customers tell it: what stands still or can't be stopped is in need of repair."""
    things = ("冷蔵庫 洗濯機 乾燥機 食洗機 掃除機 炊飯器 電子レンジ コンロ テレビ レコーダー リモコン プリンター コピー機 パソコン 端末 サーバー システム アプリ 画面 ホームページ ルーター モデム 電話機 スマホ 携帯 タブレット "
              "カメラ 時計 イヤホン 充電器 電池 バッテリー エンジン 車 バイク 自転車 荷物 エアコン クーラー 暖房 ストーブ こたつ 給湯器 ボイラー 風呂釜 シャワー 蛇口 水道 トイレ 換気扇 照明 自動ドア シャッター 玄関の鍵 "
              "インターホン エレベーター 券売機 レジ 機械 ロボット ポンプ メーター 看板 屋根 雨戸 電動ベッド 車椅子 補聴器 体温計 血圧計").split()
    wrong = ("が動かない が動かなくなった が急に止まった が止まらない がつかない が消えない が壊れた が倒れた が割れた が外れた が詰まった が漏れている があふれている の音が鳴り止まない が開かない が閉まらない から水が出ない から変な音がする が熱くなる "
             "の電源が入らない の電源が落ちる がつながらない が反応しない が固まった の調子が悪い が息をしていないみたいだ が死んだ の画面が真っ暗になった から焦げたような匂いが少しした から煙が少し出てすぐ消えた の火がつかない の温度が下がらない").split()
    heads = ["", "", "", "すみません、", "あの、", "さっきから", "朝から", "急に", "昨日から", "もう", "母の家の", "父が使っている", "子ども部屋の", "一人暮らしの母の", "お店の"]
    tails = ["んです", "んですけど", "んですが、どうしたらいいですか", "んです、早く来てください", "ので早く来てもらえませんか", "んです、すぐ来てください", "んですよ、困ってるんです", "ので修理をお願いします", "んだけど、どうなってるの", "ので助けてほしいんです",
             "んや、はよ来てえな", "とですけど、どげんすればよかですか", "んじゃが、早う直してくれんかのう", "んだわ、見たってちょうよ", "んです、何とかしてください"]
    out = []
    for _ in range(n):
        w = rng.choice(wrong)
        w = w[:-1] + "な" if w.endswith("みたいだ") else w
        out.append(("NONE", rng.choice(heads) + rng.choice(things) + w + rng.choice(tails), 1.0))
    return out


def lines(shared, need):
    """(class, folded text, weight) of what is trained on."""
    kind = lambda c: c if c == "G-CRISIS" else "NONE"
    rng = random.Random(7)
    benign = train.read(os.path.join(train.HERE, "benign.txt"))
    written = {t for c, t in benign if c == "NONE"}
    ours = train.read(os.path.join(train.HERE, "positive.txt")) + benign + train.ordinary(rng, 1500) + train.in_dialect(rng, 700)
    texts = [(kind(c), t, train.HARD if t in written else 1.0) for c, t in ours]
    texts += [(c, t, train.CHAT) for c, t in train.corpora(shared)]
    texts += [(c, t, OURS) for c, t in train.read(need)] + out_of_order(rng, 1500)
    seed = [json.loads(l)["text"] for l in open(os.path.join(train.ROOT, "internal/proof/eval/testdata/seed.jsonl"), encoding="utf-8")]
    folded = train.fold([t for _, t, _ in texts] + seed)
    seeds = [train.grams(s) for s in folded[len(texts):]]
    near = lambda s: any(len(k) > 3 and len(train.grams(s) & k) >= 0.5 * max(1, min(len(train.grams(s)), len(k))) for k in seeds)
    spoilt = train.spoil([t for _, t, _ in texts])
    clean, bad = [], []
    for (c, _, w), s, b in zip(texts, folded, spoilt):
        if c == "G-CRISIS" and near(s):
            continue
        clean.append((c, s, w))
        if b:
            bad.append((c, b, train.SPOILT))
    calm = [s for c, s, _ in clean if c == "NONE"]
    longer = [(c, rng.choice(calm) + s if rng.random() < 0.5 else s + rng.choice(calm), 0.5) for c, s, _ in clean if c != "NONE"]
    return clean + bad + longer


def fit(data, bits=BITS, epochs=12):
    """The weights, the bias and the marks of the n-grams that have weights."""
    train.CLASSES, train.BITS = CLASSES, bits
    rng = random.Random(7)
    marks = train.owners(data)
    feats = [train.features(s, marks) for _, s, _ in data]
    W, G, bias = np.zeros(1 << bits), np.full(1 << bits, 1e-4), 0.0
    mean, mean_bias = np.zeros_like(W), 0.0
    order = list(range(len(data)))
    label = [float(c != "NONE") for c, _, _ in data]
    weight = [w * (NEED if c != "NONE" else 1.0) for c, _, w in data]
    for e in range(epochs):
        rng.shuffle(order)
        loss = 0.0
        for i in order:
            f, n = feats[i]
            scale = 1 / math.sqrt(max(1, n))
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, W[f].sum() * scale + bias))))
            loss -= math.log(max(1e-12, p if label[i] else 1 - p))
            q = (p - label[i]) * weight[i]
            g = q * scale
            G[f] += g * g + 1e-12
            W[f] -= 0.15 * (g + 2e-4 * W[f]) / np.sqrt(G[f])
            bias -= 0.005 * q
        if e >= epochs - MEAN:
            mean += W / MEAN
            mean_bias += bias / MEAN
        print(f"epoch {e + 1}: {loss / len(order):.4f}", file=sys.stderr)
    return mean, mean_bias, marks


def write(path, W, bias, marks):
    top = np.abs(W).max()
    with open(path, "wb") as f:
        f.write(b"CSJ2")
        f.write(struct.pack("<BBf", len(marks).bit_length() - 1, 1, top / 127))
        f.write(struct.pack("<f", bias))
        f.write(marks.tobytes())
        f.write(np.round(W / top * 127).astype(np.int8).tobytes())
    print(f"{path}: {os.path.getsize(path)} octets", file=sys.stderr)


def load(path):
    """What write has written: bits, marks, weights, bias."""
    b = open(path, "rb").read()
    bits, _, scale = struct.unpack_from("<BBf", b, 4)
    bias, = struct.unpack_from("<f", b, 10)
    marks = np.frombuffer(b, np.uint8, 1 << bits, 14)
    return bits, marks, np.frombuffer(b, np.int8, 1 << bits, 14 + (1 << bits)).astype(np.float64) * scale, bias


def check(path, need):
    """Writes what the weights give for some folded sentences, for the test that holds this reading and the product's together."""
    train.BITS, marks, W, bias = load(path)
    texts = [t for _, t in train.read(need)[::97]] + ["あ", "abc123", "😀死にたい😀", "".join(chr(0x3042 + i % 80) for i in range(120))]
    out = []
    for s in train.fold(texts):
        f, count = train.features(s, marks)
        z = W[f].sum() / math.sqrt(max(1, count)) + bias
        out.append({"text": s, "likely": round(1 / (1 + math.exp(-z)), 6)})
    path = os.path.join(train.ROOT, "internal/judge/testdata/need.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(o, ensure_ascii=False) for o in out) + "\n]\n")
    print(f"{path}: {len(out)} sentences", file=sys.stderr)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--shared", default=os.environ.get("COMMUSAFE_SHARED", os.path.join(train.ROOT, "..", "shared")))
    p.add_argument("--need", default=os.path.join(train.HERE, "need.txt"))
    p.add_argument("--out", default=os.path.join(train.ROOT, "internal/judge/net/need.bin"))
    p.add_argument("--check", action="store_true")
    a = p.parse_args()
    if not a.check:
        data = lines(a.shared, a.need)
        print({c: sum(w for k, _, w in data if k == c) for c in CLASSES}, file=sys.stderr)
        write(a.out, *fit(data))
    check(a.out, a.need)


if __name__ == "__main__":
    main()
