"""Renders the five demonstration calls and the innocent replacement: internal/proof/demo/sound/*.wav, sound.yaml.

All lines are our own. A file holds one party of one call; the parties take turns because both files share one clock.
"""

import hashlib
import os

import numpy as np

from common import HERE, jtalk
from g711 import level, write_wav

OUT = os.path.join(HERE, "..", "internal", "proof", "demo", "sound")
MEI = "HTS voice \"Mei\" (c) 2009-2013 Nagoya Institute of Technology, CC BY 3.0"
TOHOKU = "HTS voice \"tohoku-f01\" (c) 2015 Ito-Nose Laboratory, Tohoku University, CC BY 4.0"

AGENT = ("mei_normal", None, 0, 1.1)
VOICES = {  # name, formants (-a), semitones (-fm), rate (-r) of each caller
    "enquiry": ("tohoku-f01-neutral", 0.55, -2, 1.05),
    "complaint": ("mei_angry", 0.61, -9, 1.1),
    "abuse": ("tohoku-f01-angry", 0.62, -11, 1.05),
    "limited": ("tohoku-f01-neutral", 0.62, -11, 1.0),
    "threat": ("mei_normal", 0.59, -6, 0.95),
    "innocent": ("mei_happy", 0.57, -4, 1.0),
}
GREET = "お電話ありがとうございます。お客様相談窓口でございます。"

# One line: who, dBov, pause in seconds before it, text.
CALLS = {
    "enquiry": [
        ("agent", -21, 1.0, GREET),
        ("caller", -23, 0.5, "お世話になります。注文した商品の届く日を知りたいのですが。"),
        ("agent", -21, 0.5, "かしこまりました。ご注文の日はお分かりでしょうか。"),
        ("caller", -23, 0.5, "先週の金曜日です。"),
        ("agent", -21, 0.6, "お調べいたしました。あさっての午前中にお届けの予定です。"),
        ("caller", -23, 0.5, "分かりました。ありがとうございました。"),
        ("agent", -21, 0.4, "お電話ありがとうございました。"),
    ],
    "complaint": [
        ("agent", -21, 1.0, GREET),
        ("caller", -22, 0.4, "この前買った冷蔵庫が、もう二回も壊れたんですけど。"),
        ("agent", -21, 0.4, "ご迷惑をおかけして申し訳ございません。"),
        ("caller", -12, 0.3, "二回ですよ二回。中の物が全部だめになったんです。返金してください。"),
        ("agent", -21, 0.3, "恐れ入ります。お調べいたします。"),
        ("caller", -11, 0.3, "責任者の方に代わってください。それでもだめなら、消費者センターに相談します。"),
        ("agent", -21, 0.4, "承知いたしました。責任者から、今日中にご連絡いたします。"),
        ("caller", -18, 0.4, "お願いします。本当に困っているんです。"),
    ],
    "abuse": [
        ("agent", -21, 1.0, GREET),
        ("caller", -23, 0.4, "先週買った掃除機なんだけど、動かないんだよ。"),
        ("agent", -21, 0.3, "ご不便をおかけしております。お買い上げの日はお分かりでしょうか。"),
        ("caller", -22, 0.4, "そんなの知らないよ。店で聞いてくれよ。"),
        ("agent", -21, 0.3, "恐れ入ります。お名前をお願いいたします。"),
        ("caller", -13, 0.3, "ふざけんなてめえ。"),
        ("agent", -22, 0.4, "申し訳ございません。お調べいたします。"),
        ("caller", -12, 1.5, "何回言わせんだよ、ばか野郎。"),
        ("caller", -12, 4.4, "なめてんのかこら。"),
        ("caller", -12, 5.0, "うるせえ、黙って聞いてろ。"),
        ("caller", -12, 4.6, "お前じゃ話になんねえ。引っ込んでろ。"),
        ("caller", -11, 4.4, "いい加減にしろよこのぼけ。"),
        ("caller", -12, 4.8, "頭おかしいんじゃねえのか。"),
        ("caller", -12, 4.6, "返事しろよ、聞こえてんだろ。"),
        ("caller", -12, 4.6, "何様のつもりだ。"),
        ("caller", -11, 5.0, "能無しが電話取ってんじゃねえ。"),
        ("caller", -12, 4.6, "ふざけんなてめえ。"),
        ("caller", -12, 5.0, "よくそんなんで給料もらえるな。"),
        ("caller", -11, 4.6, "なめてんのかこら。"),
        ("caller", -12, 5.0, "うるせえ、黙って聞いてろ。"),
        ("caller", -12, 4.6, "何回言わせんだよ、ばか野郎。"),
    ],
    "limited": [
        ("caller", -22, 1.5, "掃除機の件で電話した者です。"),
        ("caller", -22, 6.0, "修理がいつ終わるのか知りたいです。折り返しの電話をお願いします。"),
        ("caller", -22, 3.0, "昼間は仕事なので、夕方の六時より後にかけてください。以上です。"),
    ],
    "threat": [
        ("agent", -21, 1.0, GREET),
        ("caller", -23, 0.5, "先日の件、まだお返事をいただいておりませんが。"),
        ("agent", -21, 0.4, "恐れ入ります。どのようなご用件でしょうか。"),
        ("caller", -23, 0.6, "お帰りはお一人でしょう。夜道には気をつけろよ、と言っておきます。"),
        ("agent", -21, 0.5, "そのようなお話は、お控えください。"),
        ("caller", -23, 0.6, "事故でも起きないといいですね。家族がどうなっても知らねえぞ。"),
        ("caller", -23, 1.2, "会社に火をつけてやる。今のうちですよ。"),
    ],
    "innocent": [
        ("caller", -22, 2.8, "お世話になっております。先週買った掃除機のことで、教えていただきたいことがあります。"),
        ("caller", -22, 1.9, "説明書をなくしてしまいまして、フィルターの洗い方が分かりません。"),
        ("caller", -22, 2.2, "水で洗っても大丈夫でしょうか。"),
        ("caller", -22, 2.2, "なるほど、ぬるま湯で洗って、日陰で乾かすのですね。"),
        ("caller", -22, 1.7, "もう一つ伺いたいのですが、交換用の紙の袋は、どちらで買えますか。"),
        ("caller", -22, 2.2, "息子が一人暮らしを始めたので、同じものをもう一台買おうと思っています。"),
        ("caller", -22, 2.2, "送り先は息子の家にしてください。日曜日の午後なら家にいるそうです。"),
        ("caller", -22, 2.8, "支払いはカードでお願いします。番号は、あとでホームページから入れます。"),
        ("caller", -22, 2.2, "いろいろと教えていただいて、本当にありがとうございました。失礼いたします。"),
    ],
}


def say(call, party, text):
    voice, alpha, semitones, rate = AGENT if party == "agent" else VOICES[call]
    x, _ = jtalk(text, voice, alpha=alpha, semitones=semitones, rate=rate)
    loud = np.nonzero(np.abs(x) > 0.01 * np.abs(x).max())[0]
    return x[loud[0]:loud[-1] + 400]


def lay(call):
    """The two parties' sound and lines on one clock."""
    sound, lines, now = {"caller": [], "agent": []}, {"caller": [], "agent": []}, 0.0
    for party, dbov, pause, text in CALLS[call]:
        now += pause
        x = say(call, party, text)
        end = now + len(x) / 8000
        sound[party].append((int(now * 8000), level(x, dbov)))
        lines[party].append((int(now * 1000), int(end * 1000), text))
        now = end
    return sound, lines


def write(call, party, parts, lines):
    x = np.zeros(parts[-1][0] + len(parts[-1][1]) + 4000)
    for at, y in parts:
        x[at:at + len(y)] += y
    name = f"{call}.wav" if call == "innocent" else f"{call}-{party}.wav"
    data = write_wav(os.path.join(OUT, name), x)
    voice, alpha, semitones, rate = AGENT if party == "agent" else VOICES[call]
    rows = [f"  - file: {name}", f"    call: {call}", f"    party: {party}",
            f"    voice: '{voice}, -a {alpha or 'as is'}, -fm {semitones}, -r {rate}'",
            f"    credit: '{MEI if voice.startswith('mei') else TOHOKU}; rendered with Open JTalk'",
            f"    sha256: {hashlib.sha256(data).hexdigest()}", "    lines:"]
    return rows + [f"      - {{from_ms: {a}, to_ms: {b}, text: {t}}}" for a, b, t in lines]


def main():
    os.makedirs(OUT, exist_ok=True)
    rows = ["# Written by train/render_demo.py.", "sounds:"]
    for call in CALLS:
        sound, lines = lay(call)
        for party in ("caller", "agent"):
            if sound[party]:
                rows += write(call, party, sound[party], lines[party])
    with open(os.path.join(OUT, "sound.yaml"), "w", encoding="utf-8") as f:
        f.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
