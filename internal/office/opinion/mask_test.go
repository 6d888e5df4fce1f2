package opinion

import (
	"strings"
	"testing"
)

func TestMask(t *testing.T) {
	for in, gone := range map[string]string{
		"番号は０９０－１２３４－５６７８です。":              "1234",
		"カードは 4111 1111 1111 1111 です":      "4111",
		"ゼロ、いや〇九〇の一二三四の五六七八":               "一二三四",
		"メールは taro.yamada@example.jp へ":    "taro",
		"https://example.jp/u/123?x=1 を見ろ": "example",
		"東京都新宿区西新宿二丁目8番1号です":               "西新宿",
		"〒163-8001 に送って":                   "8001",
		"山田太郎と申します。":                       "山田",
		"名前はサトウハナコです":                      "サトウ",
		"担当の鈴木さんを出せ":                       "鈴木",
		"田中様のお宅ですか":                        "田中",
		"横浜市中区本町6丁目50番地の10":                "本町",
	} {
		if got := NewMasker().Mask(in); strings.Contains(got, gone) || !strings.Contains(got, "〔") {
			t.Errorf("%q became %q", in, got)
		}
	}
	for _, same := range []string{"お客様は神様だろ。", "担当者さんに代わってください。", "先週の金曜に買った掃除機が3日で壊れた。", "返金は1200円でいい。", "店長さんを呼んで", "お母さんが言っていた", "300人の前で謝れ", "2026年に買った"} {
		if got := NewMasker().Mask(same); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
}

func FuzzMask(f *testing.F) {
	m := NewMasker()
	f.Add("山田太郎さん 090-1234-5678")
	f.Add("〒\xff市区町村12-3")
	f.Fuzz(func(t *testing.T, s string) {
		once := m.Mask(s)
		if run := digits(once); run > longestCount {
			t.Errorf("%d digits in a row are left in %q", run, once)
		}
	})
}

// digits is the longest row of digits.
func digits(s string) (most int) {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' {
			n = 0
			continue
		}
		n++
		most = max(most, n)
	}
	return most
}
