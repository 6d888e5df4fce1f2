package text

import "sync"

// A variant is another spelling and the form it is brought to.
type variant struct{ from, to []rune }

// table is what spelled gives, made once: it is asked for every letter that is judged.
var table = sync.OnceValue(func() map[rune][]variant {
	t := map[rune][]variant{}
	for _, r := range "馬莫ゔ阿あ糞屑貴御お俺儂奴分判解出下頂貰欲致無又全晒曝舐嘗何た氏○◯●〇4*5し" {
		t[r] = spelled(r)
	}
	return t
})

// spelled gives, by first rune, the spellings that are rewritten; the longest comes first. They are words of
// everyday and of abuse that recognisers and people write in several ways, and spellings made to hide a word.
func spelled(r rune) []variant {
	v := func(pairs ...string) []variant {
		out := make([]variant, 0, len(pairs)/2)
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, variant{[]rune(pairs[i]), []rune(pairs[i+1])})
		}
		return out
	}
	switch r {
	case '馬':
		return v("馬鹿", "ばか")
	case '莫':
		return v("莫迦", "ばか")
	case 'ゔ':
		return v("ゔぁか", "ばか")
	case '阿':
		return v("阿呆", "あほ", "阿保", "あほ")
	case 'あ':
		return v("あほう", "あほ")
	case '糞':
		return v("糞", "くそ")
	case '屑':
		return v("屑", "くず")
	case '貴':
		return v("貴様", "きさま")
	case '御', 'お':
		return v("御前", "おまえ", "お前", "おまえ", "おめ", "おまえ", "おみゃ", "おまえ")
	case '俺':
		return v("俺", "おれ")
	case '儂':
		return v("儂", "わし")
	case '奴':
		return v("奴", "やつ")
	case '分', '判', '解', '出', '下', '頂', '貰', '欲', '致', '無', '又', '全', '晒', '曝', '舐', '嘗', '何':
		return v(plain(r)...)
	case 'た', '氏', '○', '◯', '●', '〇', '4', '*':
		return v(hidden(r)...)
	case '5':
		return v("56す", "殺す", "56し", "殺し", "56さ", "殺さ", "56せ", "殺せ", "56そ", "殺そ")
	case 'し':
		return v("しんじま", "死んじま", "しんでしま", "死んでしま", "しんでくれ", "死んでくれ")
	}
	return nil
}

// plain are kanji that are as often written in kana.
func plain(r rune) []string {
	switch r {
	case '分', '判', '解':
		k := string(r)
		return []string{k + "か", "わか", k + "ら", "わから", k + "っ", "わかっ"}
	case '出':
		return []string{"出来", "でき"}
	case '下':
		return []string{"下さ", "くださ"}
	case '頂':
		return []string{"頂", "いただ"}
	case '貰':
		return []string{"貰", "もら"}
	case '欲':
		return []string{"欲し", "ほし"}
	case '致':
		return []string{"致し", "いたし"}
	case '無':
		return []string{"無い", "ない", "無く", "なく", "無か", "なか"}
	case '又':
		return []string{"又", "また"}
	case '全':
		return []string{"全て", "すべて"}
	case '晒', '曝':
		return []string{string(r), "さら"}
	case '舐', '嘗':
		return []string{string(r) + "め", "なめ"}
	case '何':
		return []string{"何だ", "なんだ", "何で", "なんで", "何か", "なにか", "何や", "なんや"}
	}
	return nil
}

// hidden are spellings made so that a word isn't found.
func hidden(r rune) []string {
	if r == 'た' {
		return []string{"たひね", "死ね", "たひん", "死ん"}
	}
	return []string{string(r) + "ね", "死ね", string(r) + "んで", "死んで"}
}

// rewrite brings the variants to their form. A break inside a spelling is lost with it.
func (f Folded) rewrite() Folded {
	out, table := f, table()
	changed := false
	for i := 0; i < len(f.Runes); {
		v, ok := longest(table, f.Runes[i:])
		if !ok {
			if changed {
				out.push(f.Runes[i], f.Breaks[i])
			}
			i++
			continue
		}
		if !changed {
			changed = true
			out.Runes, out.Breaks = append([]rune(nil), f.Runes[:i]...), append([]Break(nil), f.Breaks[:i]...)
		}
		for k, r := range v.to {
			b := None
			if k == 0 {
				b = f.Breaks[i]
			}
			out.push(r, b)
		}
		i += len(v.from)
	}
	if changed {
		out.Breaks = append(out.Breaks, Sentence)
	}
	return out.withoutMarks()
}

func longest(table map[rune][]variant, text []rune) (variant, bool) {
	var best variant
	for _, v := range table[text[0]] {
		if len(v.from) > len(best.from) && len(v.from) <= len(text) && string(text[:len(v.from)]) == string(v.from) {
			best = v
		}
	}
	return best, len(best.from) > 0
}

// withoutMarks drops the marks that hide letters once they have served.
func (f Folded) withoutMarks() Folded {
	n := 0
	for i, r := range f.Runes {
		if r == '○' || r == '◯' || r == '●' || r == '〇' || r == '*' {
			f.Breaks[i+1] = max(f.Breaks[i], f.Breaks[i+1])
			continue
		}
		f.Runes[n], f.Breaks[n] = r, f.Breaks[i]
		n++
	}
	f.Breaks[n] = Sentence
	f.Runes, f.Breaks = f.Runes[:n], f.Breaks[:n+1]
	return f
}
