package judge

import (
	"fmt"
	"strings"
)

// A form of a verb, by the name that the lexicon uses: <殺傷:予告>.
type form uint8

const (
	formOrder   form = iota + 1 // 命令: 出せ, 出しなさい, 出していただけますか, 出さんかい, 出しんさい
	formForbid                  // 禁止: 切るな, 切らないでください
	formWill                    // 予告: 出すぞ, 出してやる, 出したろか, 出しちゃるけん, 出しますよ
	formUnless                  // ないなら: 出さないなら, 出さなきゃ, 出さんと
	formIf                      // たら: 出したら, 出せば
	formNot                     // 否定: 出さない, 出さん, 出しません, 出さへん
	formSuffers                 // 受身: 出され
	formDid                     // 過去: 出した
	formStem                    // 連用: 出し
	formWant                    // 希望: 出したい, 出してほしい (asking nicely)
	forms
)

func formNamed(name string) (form, bool) {
	for i, n := range []string{"命令", "禁止", "予告", "ないなら", "たら", "否定", "受身", "過去", "連用", "希望"} {
		if n == name {
			return form(i + 1), true
		}
	}
	return 0, false
}

// A conj is a way to conjugate.
type conj uint8

// The ways: the consonants of godan verbs, ichidan, する, 来る, 行く.
const (
	conjK conj = iota + 1
	conjG
	conjS
	conjT
	conjN
	conjB
	conjM
	conjR
	conjU
	conjOne
	conjSuru
	conjKuru
	conjIku
	conjs
)

// verbOf takes a verb apart into its stem and its way. A verb in る is ichidan unless it ends in "る5".
func verbOf(v string) (stem string, c conj, err error) {
	if s, ok := strings.CutSuffix(v, "る5"); ok {
		return s, conjR, nil
	}
	for _, w := range []struct {
		end string
		c   conj
	}{{"する", conjSuru}, {"来る", conjKuru}, {"行く", conjIku}, {"る", conjOne}, {"く", conjK}, {"ぐ", conjG}, {"す", conjS},
		{"つ", conjT}, {"ぬ", conjN}, {"ぶ", conjB}, {"む", conjM}, {"う", conjU}} {
		if s, ok := strings.CutSuffix(v, w.end); ok {
			if w.c == conjKuru || w.c == conjIku {
				s += string([]rune(w.end)[0])
			}
			return s, w.c, nil
		}
	}
	return "", 0, fmt.Errorf("verb %q doesn't end as a verb does", v)
}

// A row holds the endings that all forms of one way are made of.
type row struct{ a, i, u, e, o, te, ba string }

func (c conj) row() row {
	switch c {
	case conjK:
		return row{"か", "き", "く", "け", "こう", "いて", "けば"}
	case conjIku:
		return row{"か", "き", "く", "け", "こう", "って", "けば"}
	case conjG:
		return row{"が", "ぎ", "ぐ", "げ", "ごう", "いで", "げば"}
	case conjS:
		return row{"さ", "し", "す", "せ", "そう", "して", "せば"}
	case conjT:
		return row{"た", "ち", "つ", "て", "とう", "って", "てば"}
	case conjN:
		return row{"な", "に", "ぬ", "ね", "のう", "んで", "ねば"}
	case conjB:
		return row{"ば", "び", "ぶ", "べ", "ぼう", "んで", "べば"}
	case conjM:
		return row{"ま", "み", "む", "め", "もう", "んで", "めば"}
	case conjR:
		return row{"ら", "り", "る", "れ", "ろう", "って", "れば"}
	case conjU:
		return row{"わ", "い", "う", "え", "おう", "って", "えば"}
	case conjSuru:
		return row{"し", "し", "する", "しろ", "しよう", "して", "すれば"}
	case conjKuru:
		return row{"", "", "る", "い", "よう", "て", "れば"}
	default:
		return row{"", "", "る", "ろ", "よう", "て", "れば"}
	}
}

func join(head string, tails string) []string {
	f := strings.Fields(tails)
	for i := range f {
		f[i] = head + strings.TrimPrefix(f[i], "-")
	}
	return f
}

// endings gives what can follow a stem in a form. A trailing "$" asks for the end of a phrase.
func endings(c conj, f form) []string {
	r := c.row()
	var out []string
	switch f {
	case formOrder:
		out = orders(c, r)
	case formForbid:
		out = append(join(r.u, "な$ なよ なって なや なっつ んじゃね んじゃない な言う ことは許"), join(r.a, "ないでくださ ないでもら ないでいただ んでくれ んといて んどいて ないよう")...)
	case formWill:
		out = wills(r)
	case formUnless:
		out = join(r.a, "ないなら なければ なきゃ ないと ないんなら ないんだったら ないのなら ないのであれば ないのでした ない場合 ない限り ないよう ないつもり なかったら んなら んと んかったら んのなら んのやったら んやったら んのだったら ねなら ねと ねんなら ねってんなら ね限り ねば ないうち ないまま んまま")
		out = append(out, join(r.i, "ませんと ませんなら ませんでしたら ません場合")...)
		if c == conjSuru {
			out = append(out, join("せ", "んなら んと んかったら んのなら んのやったら んやったら ねば ねなら んまま")...)
		}
	case formIf:
		out = append(join(past(r.te), "ら らば"), r.ba, r.u+"と", r.u+"なら", r.u+"んなら", r.u+"んだったら", r.u+"のであれば")
	case formNot:
		out = append(join(r.a, "ない ん$ ね$ ねぞ ねよ ねから ねんだ んぞ んで んよ んわ んから んけん んけ へん なか"), r.i+"ません")
		if c == conjSuru {
			out = append(out, join("せ", "ん へん ず")...)
		}
	case formSuffers:
		out = []string{r.a + "れ"}
		switch c {
		case conjOne, conjKuru:
			out = []string{"られ"}
		case conjSuru:
			out = []string{"され"}
		default:
		}
	case formDid:
		out = []string{past(r.te)}
	case formStem:
		out = []string{r.i}
	case formWant:
		out = append(join(r.te, "ほし もらいたい もらえると もらえれば いただけると いただけれ いただきたい"), r.i+"たい")
	}
	return out
}

func past(te string) string {
	return strings.NewReplacer("て", "た", "で", "だ").Replace(te)
}

// orders are all the ways to tell somebody to do something, rude, in dialect and polite.
func orders(c conj, r row) []string {
	out := join(r.e, "-$ よ や やい じゃ だ て と い っつ って っちゅ っち ってん")
	out = append(out, join(r.i, "なさい な$ なよ なや やがれ さらせ くされ んさい んしゃい なっせ なはれ はったら や$ やあ なされ なせ たらどう たらいかが たらええ")...)
	out = append(out, join(r.te, "-$ くれ くださ くだせ ちょうだい もらお もらう もらわ もらえ もらいま いただ ほし みろ みい みせ みなさい みんね みれ こい 来い よ$ ね$ んか えな つかあさ くれん けれ けさい くんろ ちょ$ ちょうよ しかるべき 当然")...)
	out = append(out, join(r.a, "んか んかい んね$ んかね なあかん ないか$ ねか$ なきゃおかしい ないとおかしい ないわけない")...)
	out = append(out, join(r.u, "べき のが筋 のが当然 のが当たり前 のが普通 のが礼儀 のが誠意 んだ$ んだよ んじゃ$ まで$")...)
	switch c {
	case conjOne:
		out = append(out, "れ$", "い$", "よ$", "れや", "れよ", "いや$", "いよ")
	case conjSuru:
		out = append(out, join("", "せよ せい せ$ せや せんか せんね せんかい しれ$ すれ$ せなあかん せなかん せな$ せんと$ しろ さっしゃい すべき すべ")...)
	case conjKuru:
		out = append(out, "い", "いや", "いよ", "られ$", "んかい", "やあ", "なさい")
	}
	return out
}

// wills are all the ways to announce an act of one's own.
func wills(r row) []string {
	out := join(r.te, "やる やろ やっ やん やんよ やりま やりた あげ さしあげ 差し上げ もい も構 もかま みせ まう こます まわ ほし$ やらあ")
	t := strings.TrimSuffix(strings.TrimSuffix(r.te, "て"), "で")
	d := strings.TrimPrefix(r.te, t)
	if d == "て" {
		out = append(out, join(t, "たる たろ たらあ たるわ たっか ちゃる ちゃろ ちゃっか ちまう ちまお ちゃうぞ とい とく とこか とくぞ")...)
	} else {
		out = append(out, join(t, "だる だろか だろう だらあ じゃる じゃろ じまう じまお じゃうぞ どい どく どこか")...)
	}
	out = append(out, join(r.u, "ぞ ど$ どー で$ でえ よ$ わ$ わよ から$ からな からね からよ けん けえ けの けんな けどな はんで がら$ さかい さけ つもり しかな しかあり だけ ことにな ことにし んだぞ んで$ ばい べ$ っぺ べさ べや がん っちゃ と$ かもし かもわ さりんど しかねえ まで$ よう に決ま 用意 準備 覚悟 手も 手があ 気でい")...)
	out = append(out, join(r.i, "ますよ ますから ますので ますけど ますね ますわ ますんで ましょう に行 にい に来 に参 に伺 に上が たくな たくもな かね そうだ そうで そうや かもし たろか")...)
	return append(out, join(r.o, "か$ かな かね かと と思 じゃ やない ぜ")...)
}
