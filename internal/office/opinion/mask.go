package opinion

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What personal data becomes before a text leaves the house.
const (
	maskNumber  = "〔番号〕"
	maskMail    = "〔メール〕"
	maskAddress = "〔住所〕"
	maskName    = "〔名前〕"
	maskLink    = "〔URL〕"
)

// A rule replaces what it finds. Order matters: an address holds numbers, a link holds words.
type rule struct {
	find *regexp.Regexp
	by   string
}

// A Masker takes personal data out of texts. It is safe for several goroutines.
type Masker struct{ rules []rule }

// NewMasker makes one.
func NewMasker() *Masker { return &Masker{rules()} }

func rules() []rule {
	of := func(find, by string) rule { return rule{regexp.MustCompile(find), by} }
	const names = `[\p{Han}\p{Katakana}ー・]{1,10}`
	return []rule{
		of(`(?i)https?://[^\s、。」）)]+`, maskLink),
		of(`(?i)[a-z0-9._%+\-]+@[a-z0-9.\-]+`, maskMail),
		of(`〒?\s*\d{3}-\d{4}`, maskNumber),
		of(`[\p{Han}]{1,6}[都道府県][\p{Han}ヶケノ]{1,10}[市区町村郡][\p{Han}ヶケノぁ-ん]{0,12}[0-9一二三四五六七八九十百]*(丁目|番地|番|号|-)?[0-9一二三四五六七八九十\-番地号の]*`, maskAddress),
		of(`[\p{Han}ヶケノ]{1,10}[市区町村][\p{Han}ヶケノ]{1,10}[0-9一二三四五六七八九十]+(丁目|番地|番|-)[0-9一二三四五六七八九十\-番地号の]*`, maskAddress),
		of(`[0-9][0-9\- ()]{2,}[0-9](円|万|億|年|人|回|個|台|件|日|時間|分|パーセント|%)?`, maskNumber),
		of(`([〇零一二三四五六七八九][の、 ]?){4,}`, maskNumber),
		of(`(名前は|姓は|名は|名字は|氏名は|フルネームは)[、 ]*[\p{Han}\p{Katakana}\p{Hiragana}ー]{1,12}?(です|と|で、|。|$)`, "${1}"+maskName+"${2}"),
		of(names+`(と申し|といいます|と言います|と申す|でございます。担当)`, maskName+"${1}"),
		of(names+`(さま|様|さん|氏|殿|くん|君|ちゃん)`, maskName+"${1}"),
	}
}

// titles are what is called with さん and 様 without being anybody's name.
func titled(s string) bool {
	for _, t := range []string{"客", "皆", "父", "母", "兄", "姉", "子", "嬢", "孫", "奥", "旦那", "担当者", "オペレーター", "医者", "巡", "業者", "店員", "社長", "部長", "課長",
		"店長", "責任者", "弁護士", "警察", "消費者", "神", "王", "殿"} {
		if strings.HasSuffix(s, t) {
			return true
		}
	}
	return false
}

// Mask takes numbers of four digits and more (but no sums and counts), mail and postal addresses, links and names out of a text. It
// works by the form of words: what a caller says of himself in other ways stays, so what leaves the house is still personal data.
func (k *Masker) Mask(s string) string {
	s = norm.NFKC.String(s)
	for _, r := range k.rules {
		s = r.find.ReplaceAllStringFunc(s, func(m string) string {
			if r.keeps(m) {
				return m
			}
			return r.find.ReplaceAllString(m, r.by)
		})
	}
	return s
}

// longestCount is the longest number that a unit behind it makes a count, in digits.
const longestCount = 7

// keeps tells whether what was found is none after all: a count, or a title that is nobody's name.
func (r rule) keeps(found string) bool {
	switch {
	case r.by == maskNumber:
		end := strings.TrimLeft(found, "0123456789- ()")
		return end != "" && len(end) < len(found) && len(found)-len(end) <= longestCount
	case strings.HasPrefix(r.by, maskName):
		for _, end := range []string{"さま", "様", "さん", "氏", "殿", "くん", "君", "ちゃん"} {
			if before, ok := strings.CutSuffix(found, end); ok && titled(before) {
				return true
			}
		}
	}
	return false
}
