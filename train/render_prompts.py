"""Renders the product's announcements and voicebot sentences: internal/edge/voicebot/prompts/*.wav, prompts.yaml.

Voice: Open JTalk with mei_normal. They name no company; a centre uploads its own.
"""

import hashlib
import os

import numpy as np

from common import HERE, jtalk
from g711 import level, write_wav

OUT = os.path.join(HERE, "..", "internal", "edge", "voicebot", "prompts")
VERSION = 1
VOICE = "mei_normal"
CREDIT = "HTS voice \"Mei\" (c) 2009-2013 Nagoya Institute of Technology, CC BY 3.0; rendered with Open JTalk"

PROMPTS = {
    "notice": "この通話は、正確な対応と従業員の安全のため、録音と自動解析を行っています。",
    "warn1": "恐れ入ります。ただいまのようなお言葉が続きますと、ご用件を正しく承ることができません。"
             "ご要望は引き続き伺いますので、お言葉をお控えくださいますようお願いいたします。",
    "warn1_time": "ご説明を始めてから長い時間が過ぎております。当社からのお答えは、先ほど申し上げたとおりです。"
                  "まもなく、いったんお電話を終えさせていただきます。",
    "warn2": "先ほどお願いいたしましたが、同じ状態が続いております。"
             "これ以上続く場合は、責任者の判断により、お電話を終えさせていただきます。",
    "final": "重ねてのお願いにもかかわらず、ご対応が難しい状態です。"
             "次に同様のお言葉やご要求があった時点で、通話を終了いたします。"
             "ご意見は、書面またはホームページの窓口でも承っております。",
    "closing": "申し訳ございませんが、従業員を守るため、この通話を終了いたします。ご用件は、記録しております。"
               "改めてのご相談は、お客様相談窓口で承ります。失礼いたします。",
    "closing_time": "お答えできる内容はすべてお伝えいたしました。これをもちまして、本日のお電話を終了いたします。"
                    "ご回答は書面でもお送りできます。失礼いたします。",
    "sexual": "そのようなお話にはお答えいたしません。続く場合は、ただちに通話を終了いたします。",
    "dogeza": "お詫びは言葉で申し上げました。それ以外の形での謝罪には応じておりません。",
    "privacy": "担当者個人に関するご質問には、お答えしておりません。ご連絡は、お客様相談窓口あてにお願いいたします。",
    "discrim": "担当者の性別や国籍などを理由とした交代は、承っておりません。ご用件は私が責任を持って伺います。",
    "sns": "ご意見の公表についてお止めすることはございません。ただ、そのことと引き換えのご要求には、お応えできません。",
    "silent": "お声が届いておりません。聞こえていましたら、いちを押してください。",
    "silent_end": "お返事がないため、いったん終了いたします。"
                  "お話しになれないご事情がある場合は、ホームページの文字での窓口もご利用になれます。",
    "limited": "恐れ入ります。この番号からのお電話は、しばらくの間、録音でのお預かりのみとさせていただいております。"
               "ご用件を一分以内でお話しください。お急ぎで、生命や安全に関わる場合は、ゼロを押してください。"
               "この取り扱いへのご異議は、書面で承ります。",
    "refused": "恐れ入ります。この番号からのお電話は、お受けしておりません。"
               "この取り扱いへのご異議とご用件は、書面で承ります。失礼いたします。",
    "wrong_flag": "先ほどは行き違いのご案内があり、失礼いたしました。ご用件の続きを、私が責任を持って承ります。",
    "rejoin": "担当者におつなぎいたします。そのままお待ちください。",
    "hold": "ただいま確認しております。恐れ入りますが、このまましばらくお待ちください。",
    "agent_leave": "離席してください。この通話は、システムが引き継ぎました。",
    "bot_greet": "お電話ありがとうございます。自動の受付です。担当者におつなぎする前に、ご用件を伺います。"
                 "途中で担当者をご希望のときは、ゼロを押してください。",
    "bot_connect": "ありがとうございます。内容を担当者に伝えましたので、同じご説明は不要です。おつなぎします。",
    "bot_rough": "お気持ちは記録いたしました。乱暴なお言葉のままではおつなぎできません。ご用件だけ、もう一度お願いします。",
    "bot_message": "ご用件を録音でお預かりします。発信音のあとに、一分以内でお話しください。書面または折り返しでお答えします。",
    "bot_thanks": "ご用件をお預かりいたしました。お電話ありがとうございました。失礼いたします。",
    "bot_purpose": "どのようなご用件でしょうか。いつ、何について、どうなさりたいかをお聞かせください。",
    "bot_purpose_keys": "ご用件を番号で押してください。ご注文は一、お支払いは二、故障は三、解約や変更は四、そのほかは五。"
                        "録音でのご伝言は九です。",
    "bot_again": "失礼いたしました。もう一度お願いいたします。",
    "bot_pardon": "恐れ入ります。お答えを承れませんでした。",
    "bot_mirror_order": "ご注文やお届けについて、ということでよろしいですか。",
    "bot_mirror_billing": "ご請求やお支払いについて、ということでよろしいですか。",
    "bot_mirror_repair": "故障や修理について、ということでよろしいですか。",
    "bot_mirror_change": "解約や変更について、ということでよろしいですか。",
    "bot_mirror_other": "そのほかのご用件、ということでよろしいですか。",
    "bot_yes_no": "はい、か、いいえでお答えください。",
    "bot_yes_no_keys": "よろしければ一、違う場合は二を押してください。",
    "bot_number": "お分かりでしたら、お客様番号か受付番号をお願いします。なければ、ないとおっしゃってください。",
    "bot_number_keys": "お客様番号か受付番号を押して、最後にシャープを押してください。なければ、シャープだけを押してください。",
    "bot_complaint": "ご不便をおかけしております。担当者がすぐに伺います。",
    "bot_no_agent": "申し訳ございません。ただいま担当者が出ることができません。",
}


def beep():
    t = np.arange(int(0.5 * 8000)) / 8000
    ramp = np.minimum(1, np.minimum(t, t[::-1]) / 0.01)
    return np.concatenate([np.sin(2 * np.pi * 1000 * t) * ramp, np.zeros(800)])


def trim(x, longest=0.3):
    """Silence at the ends to 0.1 and 0.2 s, pauses inside to at most the longest, in seconds."""
    frame = 80
    k = len(x) // frame
    parts = x[:k * frame].reshape(k, frame)
    loud = np.abs(parts).max(1) > 0.01 * np.abs(x).max()
    ends = np.nonzero(loud)[0]
    keep, quiet = [], 0
    for i in range(max(0, ends[0] - 10), min(k, ends[-1] + 20)):
        quiet = 0 if loud[i] or i > ends[-1] else quiet + 1
        if quiet * frame <= longest * 8000:
            keep.append(parts[i])
    return np.concatenate(keep)


def main():
    os.makedirs(OUT, exist_ok=True)
    rows = ["# Written by train/render_prompts.py.", "prompts:"]
    sounds = {k: level(trim(jtalk(t, VOICE, rate=1.1)[0]), -20) for k, t in PROMPTS.items()}
    sounds["beep"] = beep() * 10 ** (-20 / 20) * np.sqrt(2)
    for key, x in sounds.items():
        data = write_wav(os.path.join(OUT, key + ".wav"), x)
        spoken = key in PROMPTS
        rows += [f"  - id: {key}", f"    file: {key}.wav", f"    text: {PROMPTS.get(key, '(発信音)')}",
                 f"    version: {VERSION}", f"    voice: {VOICE if spoken else 'tone 1000 Hz'}",
                 f"    credit: {repr(CREDIT) if spoken else chr(39) * 2}",
                 f"    sha256: {hashlib.sha256(data).hexdigest()}"]
    with open(os.path.join(OUT, "prompts.yaml"), "w", encoding="utf-8") as f:
        f.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
