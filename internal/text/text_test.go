package text

import (
	"strings"
	"testing"
	"testing/quick"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Each line is one word in several spellings; all must fold to the same.
func TestSpellingsOfOneWord(t *testing.T) {
	for _, line := range []string{
		"ばか 馬鹿 バカ ﾊﾞｶ ばーか ばーーーか ばぁか 莫迦 ヴァカ",
		"てめえ てめぇ テメー てめーっ ﾃﾒｪ",
		"死ね タヒね 氏ね 〇ね ○ね ●ね 死ねっ 死ねーっ 4ね",
		"おまえ お前 御前 オマエ おめえ",
		"うるせえ うるせぇ うるせー ウルセー うるせーーー",
		"殺す 56す", "あほ アホ 阿呆 あほう", "くそ 糞 クソ", "きさま 貴様 キサマ",
		"わかる 分かる 判る 解る", "ABC ＡＢＣ abc",
	} {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "わかる") {
			words = words[:2]
		}
		for _, w := range words[1:] {
			if Key(w) != Key(words[0]) {
				t.Errorf("%s is %q, %s is %q", words[0], Key(words[0]), w, Key(w))
			}
		}
	}
}

func TestDifferentWordsStayDifferent(t *testing.T) {
	for _, p := range [][2]string{{"死ね", "しね"}, {"教えて", "教て"}, {"考える", "考る"}, {"しよう", "しよ"}, {"ばか", "ばかり"}} {
		if Key(p[0]) == Key(p[1]) {
			t.Errorf("%q and %q are one", p[0], p[1])
		}
	}
}

func TestBreaks(t *testing.T) {
	f := Fold("はい。そう、です!")
	want := map[int]Break{0: Sentence, 1: None, 2: Sentence, 4: Pause, 6: Sentence}
	for i, b := range want {
		if f.Breaks[i] != b {
			t.Errorf("before %d: %d, want %d (%s)", i, f.Breaks[i], b, f)
		}
	}
}

// Folding what is folded changes nothing, and every letter has its break.
func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	if err := quick.Check(func(s string) bool {
		f := Fold(s)
		return len(f.Breaks) == len(f.Runes)+1 && f.Breaks[0] == Sentence && f.Breaks[len(f.Runes)] == Sentence
	}, nil); err != nil {
		t.Error(err)
	}
	for _, s := range []string{"ふざけんな、てめえ。", "事故とか起きないといいですね", "", "😀😀", strings.Repeat("あ", 10000)} {
		if Key(Key(s)) != Key(s) {
			t.Errorf("%q folds to %q and then to %q", s, Key(s), Key(Key(s)))
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add("ばーーか、タヒね。〇〇さん")
	f.Fuzz(func(t *testing.T, s string) {
		if g := Fold(s); len(g.Breaks) != len(g.Runes)+1 {
			t.Errorf("%d letters, %d breaks", len(g.Runes), len(g.Breaks))
		}
	})
}

// NFKC leaves a text as it is of which it is taken for granted: every letter alone, and beside every other kind.
func TestWhatIsComposedStaysAsItIs(t *testing.T) {
	n := 0
	for r := range rune(0x30000) {
		for _, s := range []string{string(r), "か" + string(r), string(r) + "は", "ﾊ" + string(r), "e" + string(r)} {
			if !composed(s) {
				continue
			}
			n++
			if !norm.NFKC.IsNormalString(s) {
				t.Fatalf("%q (%U) is taken for composed", s, r)
			}
		}
	}
	if n < 4*(lastKanji-firstKanji) {
		t.Errorf("only %d texts are taken for composed", n)
	}
	for r := range rune(0x30000) {
		if plainLetter(r) && (!unicode.IsLetter(r) || unicode.ToLower(r) != r) {
			t.Errorf("%U is no letter, or a capital one", r)
		}
	}
}

func TestParts(t *testing.T) {
	for s, want := range map[string]bool{"": false, "ばーか": false, "、ばか。": false, "ば、か": true, "好き です": true} {
		if folded, broken := Parts(s); folded != Part(s) || broken != want {
			t.Errorf("%q: %q %v", s, folded, broken)
		}
	}
}
