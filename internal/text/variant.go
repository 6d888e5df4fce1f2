package text

import "strings"

// spelled gives, by first rune, the spellings that are rewritten and their form, "spelling=form", parted by spaces.
// They are words of everyday and of abuse that recognisers and people write in several ways, and spellings made to
// hide a word.
func spelled(r rune) string {
	switch r {
	case '馬':
		return "馬鹿=ばか"
	case '莫':
		return "莫迦=ばか"
	case 'ゔ':
		return "ゔぁか=ばか"
	case '阿':
		return "阿呆=あほ 阿保=あほ"
	case 'あ':
		return "あほう=あほ"
	case '糞':
		return "糞=くそ"
	case '屑':
		return "屑=くず"
	case '貴':
		return "貴様=きさま"
	case '御':
		return "御前=おまえ"
	case 'お':
		return "お前=おまえ おめ=おまえ おみゃ=おまえ"
	case '俺':
		return "俺=おれ"
	case '儂':
		return "儂=わし"
	case '奴':
		return "奴=やつ"
	case '5':
		return "56す=殺す 56し=殺し 56さ=殺さ 56せ=殺せ 56そ=殺そ"
	case 'し':
		return "しんじま=死んじま しんでしま=死んでしま しんでくれ=死んでくれ"
	case 'た':
		return "たひね=死ね たひん=死ん"
	case '氏':
		return "氏ね=死ね 氏んで=死んで"
	case '4':
		return "4ね=死ね 4んで=死んで"
	case '○', '◯', '●', '〇', '*':
		return "○ね=死ね ○んで=死んで ◯ね=死ね ◯んで=死んで ●ね=死ね ●んで=死んで 〇ね=死ね 〇んで=死んで *ね=死ね *んで=死んで"
	}
	return plain(r)
}

// plain are kanji that are as often written in kana.
func plain(r rune) string {
	switch r {
	case '分':
		return "分か=わか 分ら=わから 分っ=わかっ"
	case '判':
		return "判か=わか 判ら=わから 判っ=わかっ"
	case '解':
		return "解か=わか 解ら=わから 解っ=わかっ"
	case '出':
		return "出来=でき"
	case '下':
		return "下さ=くださ"
	case '頂':
		return "頂=いただ"
	case '貰':
		return "貰=もら"
	case '欲':
		return "欲し=ほし"
	case '致':
		return "致し=いたし"
	case '無':
		return "無い=ない 無く=なく 無か=なか"
	case '又':
		return "又=また"
	case '全':
		return "全て=すべて"
	case '晒':
		return "晒=さら"
	case '曝':
		return "曝=さら"
	case '舐':
		return "舐め=なめ"
	case '嘗':
		return "嘗め=なめ"
	case '何':
		return "何だ=なんだ 何で=なんで 何か=なにか 何や=なんや"
	}
	return ""
}

// rewrite brings the variants to their form. A break inside a spelling is lost with it.
func (f Folded) rewrite() Folded {
	out, changed := f, false
	for i := 0; i < len(f.Runes); {
		to, n := longest(f.Runes[i:])
		if n == 0 {
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
		b := f.Breaks[i]
		for _, r := range to {
			out.push(r, b)
			b = None
		}
		i += n
	}
	if changed {
		out.Breaks = append(out.Breaks, Sentence)
	}
	return out.withoutMarks()
}

// longest gives the form of the longest spelling at the beginning of a text, and its length in letters; 0 for none.
func longest(text []rune) (form string, length int) {
	for list := spelled(text[0]); list != ""; {
		var pair string
		pair, list, _ = strings.Cut(list, " ")
		from, to, _ := strings.Cut(pair, "=")
		if n := begins(text, from); n > length {
			form, length = to, n
		}
	}
	return form, length
}

// begins gives the letters of a spelling that a text begins with, 0 if it doesn't.
func begins(text []rune, spelling string) int {
	n := 0
	for _, r := range spelling {
		if n >= len(text) || text[n] != r {
			return 0
		}
		n++
	}
	return n
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
