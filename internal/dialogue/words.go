package dialogue

import "strings"

// A Topic is what a call is about, as far as a voicebot can tell.
type Topic string

// The topics, in the order of their keys, 1 to 5.
const (
	Order   Topic = "order"   // orders, deliveries
	Billing Topic = "billing" // bills, payments
	Repair  Topic = "repair"  // faults, repairs
	Change  Topic = "change"  // cancelling, changing
	Other   Topic = "other"
)

// Topics lists them in the order of their keys.
func Topics() []Topic { return []Topic{Order, Billing, Repair, Change, Other} }

func topicOfKey(k string) (Topic, bool) {
	if len(k) != 1 || k[0] < '1' || int(k[0]-'1') >= len(Topics()) {
		return "", false
	}
	return Topics()[k[0]-'1'], true
}

// topicOf reads the topic from words: the one of which most is said.
func topicOf(text string) Topic {
	best, most := Other, 0
	for _, t := range Topics() {
		n := 0
		for _, w := range signs(t) {
			n += strings.Count(text, w)
		}
		if n > most {
			best, most = t, n
		}
	}
	return best
}

func signs(t Topic) []string {
	switch t {
	case Order:
		return []string{"注文", "届", "配送", "配達", "発送", "荷物", "在庫"}
	case Billing:
		return []string{"請求", "料金", "支払", "引き落と", "領収", "振込", "代金"}
	case Repair:
		return []string{"故障", "修理", "壊れ", "動かな", "不具合", "不良", "調子"}
	case Change:
		return []string{"解約", "キャンセル", "取り消", "返品", "変更", "退会"}
	}
	return nil
}

// An answer to a yes-or-no question.
type answer int

const (
	unclear answer = iota
	yes
	no
)

// yesOrNo reads an answer. What could be either is unclear.
func yesOrNo(text string) answer {
	contains := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case contains("間違いない", "間違いありません", "まちがいない", "まちがいありません", "違いない", "違いありません"):
		return yes
	case contains("いいえ", "違", "ちがい", "ちがう", "じゃな", "ではな", "ではあり", "でない", "間違", "まちが"):
		return no
	case contains("はい", "ええ", "そうです", "そのとおり", "その通り", "合って", "あって", "お願いします", "大丈夫"):
		return yes
	}
	return unclear
}

// digitsIn gives the digits of what was said, in half-width, at most as many as a number may have; none for fewer than
// three: these are hardly a number.
func digitsIn(text string) string {
	const kanji = "〇一二三四五六七八九"
	var out strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out.WriteRune(r)
		case r >= '０' && r <= '９':
			out.WriteRune(r - '０' + '0')
		default:
			if i := strings.IndexRune(kanji, r); i >= 0 {
				out.WriteByte('0' + byte(i/len("〇")))
			}
		}
	}
	if n := out.Len(); n < 3 {
		return ""
	}
	return out.String()[:min(out.Len(), maxNumber)]
}
