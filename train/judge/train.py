"""Trains the judge's classifier: hashed character n-grams, multinomial logistic regression.

Reads positive.txt, benign.txt, told.txt (ours), train.tsv of data/text (ASDC, NAIST, inspection-ai; RealPersonaChat is never
trained on), sentences of data/corpora. Writes internal/judge/net/classifier.bin. Seeds are fixed; the same input gives the same bytes. No line of
the seed of phrases is trained on, and lines of ours too near to one are left out.
Usage: /usr/bin/python3 train.py [--shared DIR]
       /usr/bin/python3 train.py --check   only writes what the weights say of some sentences, by which the product is tested
"""
import argparse, collections, json, math, os, random, re, struct, subprocess, sys
import numpy as np

BITS = 18
HARD = 2.0  # weight of an innocent line that was written to look like harassment
LEAST = 2  # lines that an n-gram must stand in to have weights
MEAN = 8  # the weights are the mean of those after the last epochs: they depend less on the order of lines
GRAM = 4  # letters of the longest n-gram
CHAT = 3.0  # weight of an innocent line of the corpora: most of it is talk of people
SPOILT = 0.5  # weight of a line with errors of recognition
TOLD = 3600  # sentences of ROHAN4600 that are trained on; the last thousand are left to be judged
CLASSES = ("NONE ABUSE THREAT INTIM INSULT DEMAND DOGEZA MONEY HOLD REPEAT SILENT SEXUAL DISCRIM PRIVACY SNS AUTH VISIT "
           "NITPICK DISRUPT G-CRISIS G-DIS G-RIGHTS G-VICTIM G-LOUD G-BUS G-B2B").split()
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")


def fold(lines):
    """The product's own folding, so that training and judging see the same letters."""
    out = subprocess.run(["go", "run", "./internal/judge/foldlines"], cwd=ROOT, input="\n".join(lines) + "\n",
                         capture_output=True, text=True, check=True).stdout.split("\n")
    return out[: len(lines)]


def spoil(lines):
    """The lines as a bad recogniser might have written them, folded: 5, 10 and 15 % of phonemes in turn."""
    out = subprocess.run(["go", "run", "./internal/proof/eval/spoillines", "0.05", "0.1", "0.15"], cwd=ROOT, input="\n".join(lines) + "\n",
                         capture_output=True, text=True, check=True).stdout.split("\n")
    return fold(out[: len(lines)])


def fnv(s):
    h = 2166136261
    for b in s.encode():
        h = ((h ^ b) * 16777619) & 0xFFFFFFFF
    return h


def place(h):
    """Where an n-gram's weights stand; if another has the place, they stand in the one beside it."""
    return (h ^ (h >> 15)) & ((1 << BITS) - 1)


def mark(h):
    """One octet by which an n-gram is told from others of its place; 0 is nobody's."""
    return ((h * 0x9E3779B1) & 0xFFFFFFFF) >> 24 or 1


def hashes(s):
    """n-grams of 1 to 4 letters, with the ends of the text marked, each once."""
    t = "^" + s + "$"
    return {fnv(t[i:i + n]) for n in range(1, GRAM + 1) for i in range(len(t) - n + 1)}


def owners(data):
    """The n-grams that get weights: those first that stand in the lines of some class far more often than in others', or never in innocent ones."""
    share = np.zeros(len(CLASSES))
    lines = {}
    for c, s, _ in data:
        k = CLASSES.index(c)
        share[k] += 1
        for h in hashes(s):
            lines.setdefault(h, {}).setdefault(k, 0)
            lines[h][k] += 1
    share /= share.sum()
    telling = []
    for h, of in lines.items():
        n = sum(of.values())
        if n < LEAST:
            continue
        x = max((m - n * share[k]) / math.sqrt(n * share[k] * (1 - share[k]) + 1) for k, m in of.items())
        if 0 not in of:
            x = max(x, n * share[0] / math.sqrt(n * share[0] * (1 - share[0]) + 1))
        telling.append((-x, h))
    marks = np.zeros(1 << BITS, dtype=np.uint8)
    lost = 0
    for _, h in sorted(telling):
        p, m = place(h), mark(h)
        if m in (marks[p], marks[p ^ 1]):
            continue
        if marks[p] and marks[p ^ 1]:
            lost += 1
        else:
            marks[p if not marks[p] else p ^ 1] = m
    print(f"{len(lines)} n-grams, {np.count_nonzero(marks)} have weights, {lost} found no room", file=sys.stderr)
    return marks


def features(s, marks):
    """Places of the n-grams that have weights, and how many there are in all."""
    all_ = hashes(s)
    found = set()
    for h in all_:
        p, m = place(h), mark(h)
        if marks[p] == m:
            found.add(p)
        elif marks[p ^ 1] == m:
            found.add(p ^ 1)
    return np.array(sorted(found), dtype=np.int64), len({place(h) for h in all_})


def read(path):
    cat, out = None, []
    for line in open(path, encoding="utf-8"):
        line = line.strip()
        if line.startswith("@"):
            cat = line[1:]
        elif line and not line.startswith("#"):
            out.append((cat, line))
    return out


def ordinary(rng, n):
    """Ordinary requests of a contact centre, put together from things and what is asked about them."""
    things = ("住所 送料 契約内容 請求書 領収書 引き落とし日 保証書 説明書 部品 在庫 配達日 配達時間 工事の日程 見積もり 解約方法 返品方法 交換品 会員番号 パスワード メールアドレス "
              "登録情報 料金プラン オプション 年会費 ポイント クーポン キャンペーン 申込書 届け出 名義 支払い方法 分割払い 手数料 予約 席 入場券 診察 検査 薬 処方箋 保険 見舞金 満期 控除の書類 "
              "税金 証明書 住民票 水道 電気 ガス インターネット 回線 ルーター テレビ 冷蔵庫 洗濯機 掃除機 エアコン 電子レンジ 炊飯器 スマホ 充電器 パソコン プリンター カメラ 靴 服 かばん "
              "布団 家具 食品 お弁当 ケーキ 花 荷物 書類 手紙 写真 アカウント アプリ サイト 画面 お店の場所 駐車場 受付時間 担当の部署 連絡先 送り先 宛名 名前の漢字 進み具合 結果 理由").split()
    asks = ("を教えてください を確認したいのですが を変更したいのですが について伺いたいのですが はどうなっていますか をお願いします がわかりません を送っていただけますか はいつになりますか の件でお電話しました "
            "がまだ届いていないのですが を取り消したいです を間違えてしまいました が違っているようです はどこに書いてありますか を探しているのですが はありますか は必要ですか を忘れてしまいました を新しくしたいです "
            "で困っているんです を見てもらえますか についてもう一度説明してもらえますか を登録したいです が壊れてしまいました がうまく動きません の調子が悪いんです を受け取りました、ありがとうございます を使いたいのですが はそのままで大丈夫ですか").split()
    heads = ["", "", "", "すみません、", "あの、", "それでは、", "はい、", "恐れ入りますが、", "先日の", "昨日お願いした", "子どもの", "母の", "急ぎではないのですが、", "もしもし、"]
    tails = ["", "", "", "。お願いします", "。よろしくお願いします", "、急いでいるので", "。すみません"]
    return [("NONE", rng.choice(heads) + rng.choice(things) + rng.choice(asks) + rng.choice(tails)) for _ in range(n)]


def in_dialect(rng, n):
    """The same in dialect: how somebody speaks is no harassment."""
    things = ("住所 送料 契約 請求書 領収書 引き落とし 保証書 説明書 部品 注文した品 配達 工事 見積もり 解約 返品 交換 会員番号 パスワード メール 料金 年会費 ポイント 申込書 名義 "
              "支払い 予約 席 診察 検査 薬 処方箋 保険 税金 証明書 住民票 水道 電気 ガス インターネット 回線 ルーター テレビ 冷蔵庫 洗濯機 掃除機 エアコン 炊飯器 スマホ パソコン "
              "服 布団 弁当 ケーキ 花 荷物 書類 手紙 写真 アプリ 画面 お店の場所 駐車場 受付 担当の人 年金 介護 バス 切符 学校の給食 畑の水 雪かき 墓 孫の靴").split()
    asks = ("のこと教えてほしいんやけど はどないなってますの がまだ届いてへんねん がわからへんのやけど、見てもらえへん を替えてほしいねん の調子が悪いんですわ はいつになりますやろか で困ってんねん、頼んますわ "
            "直してくれへんやろか おおきに、助かったわ があかんようになってしもて、往生してますねん の件でな、電話さしてもろたんですわ はそのままでよろしいんかいな はよ来てくれたらうれしいわ ほんま困ってますねん "
            "ば教えてくれんですか がまだ来んとですよ がわからんとばってん の具合の悪かとです ば替えてもらえんやろか はいつごろになるとですか で困っとるとですよ ありがとうございました、助かったばい はどげんすればよかとですか の見方ばわからんけん、教えてください "
            "がまだ届いとらんのじゃが がわからんけえ教えてもらえんかのう の調子が悪いんよ を替えてもらいたいんじゃけど はいつになるんかね で困っとるんよ、すまんのう はどうすりゃええんかいのう "
            "がまだ来ねえんだけども がわがんねくて、教えてもらえねべか の調子悪いんだず を替えてもらいてえんだ はいつになるべか で困ってんだわ、頼むっす がおがしくなったみてえで ありがとさん、助がったじゃ "
            "がまだ来とらんでよ、見たってちょ がわからんもんで教えてちょうだい の調子が悪いんだわ はいつになるかね で困っとるんだがね がなまら調子悪くてさ、見てもらえるかい がまだ届かないんだわ はしたっけいつになるのさ "
            "がまだ届いてないさあね がわからんから教えてくださいねー が調子悪いわけさ、見てもらえますかねえ で困っとるさー").split()
    heads = ["", "", "", "すんまへん、", "あのな、", "あのう、", "もしもし、", "すまんですねえ、", "わりいけど、", "ごめんやけど、", "おばあちゃんの", "うちの", "この前の", "昨日の", "うちのじいさんの", "孫の"]
    return [("NONE", rng.choice(heads) + rng.choice(things) + rng.choice(asks)) for _ in range(n)]


def quoted(rng, lines):
    """What harassers say, told by somebody who heard or read it: a victim, not a harasser."""
    frames = [l.split("|") for l in open(os.path.join(HERE, "told.txt"), encoding="utf-8").read().split("\n") if l]
    out = []
    for c, s in lines:
        if c != "NONE" and not c.startswith("G-") and rng.random() < 0.6:
            before, after = rng.choice(frames)
            out.append(before + s + after)
    return out


def grams(s):
    return {s[i:i + 3] for i in range(len(s) - 2)}


def corpora(shared):
    out = []
    rows = [l.rstrip("\n").split("\t") for l in open(os.path.join(shared, "data/text/train.tsv"), encoding="utf-8")]
    head = rows[0]
    for r in rows[1:]:
        d = dict(zip(head, r))
        if d["source"] == "ASDC" or d["source"] == "inspection-ai/subset" and d["toxic"] == "0":
            out.append(("NONE", d["text"]))
        elif d["source"] == "NAIST-persuasive" and float(d["anger"] or 0) <= 0.25:
            out.append(("NONE", d["text"]))
    for name, last in ("ita_recitation.txt", 324), ("ita_emotion.txt", 100), ("rohan4600.txt", TOLD):
        for l in list(open(os.path.join(shared, "data/corpora", name), encoding="utf-8"))[:last]:
            out.append(("NONE", re.sub(r"\([^)]*\)", "", l.split(":", 1)[1].split(",")[0])))
    return out


def check(weights):
    """Writes what the weights give for some folded sentences, for the test that holds this reading and the product's together."""
    b = open(weights, "rb").read()
    _, n, scale = struct.unpack_from("<BBf", b, 4)
    bias = np.frombuffer(b, "<f4", n, 10).astype(np.float64)
    marks = np.frombuffer(b, np.uint8, 1 << BITS, 10 + 4 * n)
    W = np.frombuffer(b, np.int8, n << BITS, 10 + 4 * n + (1 << BITS)).reshape(-1, n).astype(np.float64) * scale
    lines = [s for _, s in read(os.path.join(HERE, "positive.txt"))[::977] + read(os.path.join(HERE, "benign.txt"))[::977]]
    lines += ["あ", "abc123", "😀馬鹿野郎😀", "責任者を出せ" * 19, "".join(chr(0x3042 + i % 80) for i in range(120))]
    out = []
    for s in fold(lines):
        f, count = features(s, marks)
        z = W[f].sum(0) / math.sqrt(max(1, count)) + bias
        q = np.exp(z - z.max())
        out.append({"text": s, "likely": [round(x, 6) for x in (q / q.sum()).tolist()]})
    path = os.path.join(ROOT, "internal/judge/testdata/statistics.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(o, ensure_ascii=False) for o in out) + "\n]\n")
    print(f"{path}: {len(out)} sentences", file=sys.stderr)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--shared", default=os.environ.get("COMMUSAFE_SHARED", os.path.join(ROOT, "..", "shared")))
    p.add_argument("--out", default=os.path.join(ROOT, "internal/judge/net/classifier.bin"))
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--check", action="store_true")
    a = p.parse_args()
    if a.check:
        return check(a.out)
    seed = [json.loads(l)["text"] for l in open(os.path.join(ROOT, "internal/proof/eval/testdata/seed.jsonl"), encoding="utf-8")]
    rng = random.Random(7)
    benign = read(os.path.join(HERE, "benign.txt"))
    ours = read(os.path.join(HERE, "positive.txt")) + benign + ordinary(rng, 1500) + in_dialect(rng, 700)
    folded = fold([t for _, t in ours] + seed)
    seeds = [grams(s) for s in folded[len(ours):]]
    kept, near_seed = [], []
    for (c, _), s in zip(ours, folded):
        g = grams(s)
        near = max((len(g & k) / max(1, min(len(g), len(k))) for k in seeds if len(k) > 3), default=0)
        near_seed.append(near >= 0.5)
        if near < 0.5:
            kept.append((c, s))
    print(f"{len(ours)} lines of ours, {len(ours) - len(kept)} left out as too near to the seed", file=sys.stderr)
    told = fold(quoted(rng, [l for l, k in zip(ours, near_seed) if not k]))
    other = corpora(a.shared)
    bodies = fold([t for _, t in other])
    written = {s for (_, t), s in zip(benign, fold([t for _, t in benign]))}
    data = [(c, s, HARD if c == "NONE" and s in written else 1.0) for c, s in kept]
    data += [("G-VICTIM", s, 1.0) for s in told] + [(c, s, CHAT) for (c, _), s in zip(other, bodies)]
    bad = spoil([t for _, t in ours] + [t for _, t in other])
    data += [(c, b, SPOILT) for (c, _), b, near in zip(ours, bad, near_seed) if b and not near]
    data += [(c, b, SPOILT) for (c, _), b in zip(other, bad[len(ours):]) if b]
    # longer utterances: a positive with a benign sentence before or after it stays a positive
    calm = [s for c, s in kept if c == "NONE"]
    for c, s in kept:
        if c != "NONE":
            data.append((c, (rng.choice(calm) + s) if rng.random() < 0.5 else (s + rng.choice(calm)), 0.5))
    counts = {c: sum(w for k, _, w in data if k == c) for c in CLASSES}
    print(counts, file=sys.stderr)
    weight = {c: 1.0 if c == "NONE" else 1.4 for c in CLASSES}
    marks = owners(data)
    feats = [features(s, marks) for _, s, _ in data]
    W = np.zeros((1 << BITS, len(CLASSES)), dtype=np.float64)
    G = np.full((1 << BITS, len(CLASSES)), 1e-4)
    bias = np.zeros(len(CLASSES))
    mean, mean_bias, kept_epochs = np.zeros_like(W), np.zeros_like(bias), range(a.epochs - MEAN, a.epochs)
    order = list(range(len(data)))
    label = [CLASSES.index(c) for c, _, _ in data]
    for e in range(a.epochs):
        rng.shuffle(order)
        loss = 0.0
        for i in order:
            f, n = feats[i]
            scale = 1 / np.sqrt(max(1, n))
            z = W[f].sum(0) * scale + bias
            z -= z.max()
            q = np.exp(z)
            q /= q.sum()
            loss -= np.log(q[label[i]] + 1e-12)
            q[label[i]] -= 1
            q *= weight[CLASSES[label[i]]] * data[i][2]
            g = q * scale
            G[f] += g * g + 1e-12
            W[f] -= 0.15 * (g + 2e-4 * W[f]) / np.sqrt(G[f])
            bias -= 0.005 * q
        if e in kept_epochs:
            mean += W / MEAN
            mean_bias += bias / MEAN
        print(f"epoch {e + 1}: {loss / len(order):.4f}", file=sys.stderr)
    W, bias = mean, mean_bias
    top = np.abs(W).max()
    q = np.round(W / top * 127).astype(np.int8)
    os.makedirs(os.path.dirname(a.out), exist_ok=True)
    with open(a.out, "wb") as f:
        f.write(b"CSJ2")
        f.write(struct.pack("<BBf", BITS, len(CLASSES), top / 127))
        f.write(struct.pack(f"<{len(CLASSES)}f", *bias))
        f.write(marks.tobytes())
        f.write(q.tobytes())
    print(f"{a.out}: {os.path.getsize(a.out)} octets, {np.mean(q != 0):.2f} of the weights not 0", file=sys.stderr)
    check(a.out)


if __name__ == "__main__":
    main()
