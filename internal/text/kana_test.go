package text

import (
	"errors"
	"strings"
	"testing"
)

func inSounds(s []Sound) string {
	var out []string
	for _, v := range s {
		p := v.A
		if v.B != "" {
			p += "|" + v.B
		}
		if v.Optional {
			p = "(" + p + ")"
		}
		out = append(out, p)
	}
	return strings.Join(out, " ")
}

func TestSounds(t *testing.T) {
	for kana, want := range map[string]string{
		"ふざけんなてめえ":    "f u z a k e N n a t e m e",
		"ふざけんなてめー":    "f u z a k e N n a t e m e",
		"てめぇ":         "t e m e",
		"ばかやろう":       "b a k a y a r o (u)",
		"せいい":         "s e i",
		"しゃちょう":       "sh a ch o (u)",
		"きょうじゅう":      "ky o (u) j u",
		"とうきょう":       "t o (u) ky o (u)",
		"けっこん":        "k e cl k o N",
		"よみちにはきをつけろよ": "y o m i ch i n i h|w a k i o ts u k e r o y o",
		"はなし":         "h a n a sh i",
		"いえへかえれ":      "i e (h) e k a e r e",
		"フィルター":       "f i r u t a",
		"ウィンドウ":       "w i N d o (u)",
		"ティッシュ":       "t i cl sh u",
		"トゥデイ":        "t u d e (i)",
		"デュオ":         "dy u o",
		"シェフ":         "sh e f u",
		"ヴァイオリン":      "v a i o r i N",
		"イェイ":         "y e (i)",
		"ぢゃ":          "j a",
		"づつ":          "z u ts u",
		"うるせえ、黙れ":     "",
		"":            "",
		"abc":         "",
		"、。":          "",
	} {
		got, err := Sounds(kana)
		if want == "" {
			if err == nil {
				t.Errorf("%q was spelled %s, expected an error", kana, inSounds(got))
			}
			continue
		}
		if err != nil || inSounds(got) != want {
			t.Errorf("%q: got %s (%v), want %s", kana, inSounds(got), err, want)
		}
	}
}

// What a reading may not be is told apart, so that a person can be told.
func TestWhyAReadingCantBeUsed(t *testing.T) {
	for kana, want := range map[string]error{"読み": ErrNoKana, "あれxこれ": ErrNoKana, "": ErrSilent, "。・": ErrSilent, strings.Repeat("か", MaxReading+1): ErrLong} {
		if _, err := Sounds(kana); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", kana, err, want)
		}
	}
	if _, err := Sounds(strings.Repeat("か", MaxReading)); err != nil {
		t.Error(err)
	}
}

func sounds(t *testing.T, kana string) []Sound {
	t.Helper()
	s, err := Sounds(kana)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPartsAndTwins(t *testing.T) {
	for _, c := range []struct {
		whole, part string
		want        bool
	}{
		{"おでんわありがとうございます", "ありがとう", true}, {"おでんわありがとうございます", "アリガトー", true},
		{"おでんわありがとうございます", "ありがてえ", false}, {"せんせい", "せんせ", true}, {"はなし", "わなし", false}, {"こはる", "こわる", true},
	} {
		if got := Contains(sounds(t, c.whole), sounds(t, c.part)); got != c.want {
			t.Errorf("%s in %s: %v", c.part, c.whole, got)
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"ばかやろう", "バカヤロー", true}, {"せんせい", "せんせー", true}, {"ばか", "ばかり", false}, {"ばかり", "ばか", false}} {
		if got := SoundAlike(sounds(t, c.a), sounds(t, c.b)); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

// Two long words with many vowels that may be left out are told apart before anybody gives up waiting.
func TestManyOptionalPlaces(t *testing.T) {
	long := strings.Repeat("えい", 29)
	if SoundAlike(sounds(t, long+"か"), sounds(t, long+"き")) || Contains(sounds(t, long+"か"), sounds(t, long[len("えい"):]+"き")) {
		t.Error("か is taken for き")
	}
	if !SoundAlike(sounds(t, long+"か"), sounds(t, long+"か")) || !Contains(sounds(t, "か"+long), sounds(t, long)) {
		t.Error("a word isn't like itself")
	}
}

// Half-width kana, voicing marks apart and marks of other widths are kana like any other.
func TestKanaOfAnyWidth(t *testing.T) {
	for odd, plain := range map[string]string{"ｶﾞｯﾃﾝ ｼﾛ｡": "がってん しろ。", "か\u3099んは\u309aる": "がんぱる", "ﾊﾞｰｶ～": "バーカ", "し\u00a0ね…": "しね", "㌔": "きろ"} {
		if got, want := inSounds(sounds(t, odd)), inSounds(sounds(t, plain)); got != want {
			t.Errorf("%s: %s, not %s as %s", odd, got, want, plain)
		}
	}
	if _, err := Sounds(strings.Repeat("ｶﾞ", MaxReading)); err != nil {
		t.Errorf("as many as there may be: %v", err)
	}
}

func FuzzSounds(f *testing.F) {
	for _, s := range []string{"ふざけんな", "ティッシュ", "ァァー", "っっッ", "ン", "ヘヘハ", "クヮ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, kana string) {
		s, err := Sounds(kana)
		if err != nil {
			return
		}
		if Phonemes(s) < 1 || s[0].Optional || !SoundAlike(s, s) || !Contains(s, s) {
			t.Errorf("%q: %s", kana, inSounds(s))
		}
	})
}

// A word in kana is listened for whatever its width, with the mark of sound, length or swing in it.
func TestInKana(t *testing.T) {
	for said, want := range map[string]bool{"かす": true, "カス": true, "ｶｽ": true, "ｺﾞﾐ": true, "ﾊﾟｰ": true, "ｻｰﾋﾞｽ": true, "うそつき～": true, "うそつき〜": true, "うそ、つき！": true,
		"": false, "〜": false, "嘘つき": false, "ＳＯＳ": false, "SOS": false, "カス2": false, "か゛す": false} {
		if got := InKana(said); got != want {
			t.Errorf("%q: %v", said, got)
		}
		if _, err := Sounds(said); want && err != nil {
			t.Errorf("%q is in kana but has no sound: %v", said, err)
		}
	}
}
