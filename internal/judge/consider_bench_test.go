package judge

import (
	"fmt"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// dense is a caller who says something of the lexicon in every fifth utterance, twenty a minute, both parties.
func dense(r *Rules, minutes int) []evidence.Item {
	calm := []string{"先週そちらで買った掃除機のことで、少し教えていただきたいのですが。", "はい、それで結構です。明日の午前中にお願いします。",
		"説明書の十二ページを見ても、よく分からないんです。", "分かりました。では、もう一度かけ直します。"}
	var spoken []known
	for _, k := range r.entries {
		if k.Surface != "" {
			spoken = append(spoken, k)
		}
	}
	items := make([]evidence.Item, 20*minutes)
	for i := range items {
		u := said(call.Millis(i+1)*3000, calm[i%len(calm)])
		if i%5 == 0 {
			k := spoken[i/5%len(spoken)]
			u.Text = fmt.Sprintf("だから、%s、と言っているんです。", k.Surface)
		}
		if i%2 == 1 {
			u.Party = call.Agent
		}
		items[i] = u
	}
	return items
}

// BenchmarkConsider judges the next utterance of a call that has lasted for a while.
func BenchmarkConsider(b *testing.B) {
	r := shippedRules(b)
	for _, minutes := range []int{1, 20, 60} {
		b.Run(fmt.Sprintf("after%dmin", minutes), func(b *testing.B) {
			before, next := dense(r, minutes), dense(r, minutes+1)[20*minutes:]
			var tl *evidence.Timeline
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(next) == 0 {
					b.StopTimer()
					tl = timeline(before...)
					r.Consider(tl, call.Millis(minutes)*60000)
					b.StartTimer()
				}
				u := next[i%len(next)]
				tl.Add(u)
				r.Consider(tl, u.Span().ToMS)
			}
		})
	}
}

// BenchmarkReadWords reads one utterance against every entry.
func BenchmarkReadWords(b *testing.B) {
	r := shippedRules(b)
	u := said(3000, "お前じゃ話にならない、責任者を出せ、今すぐここに来て謝れ。")
	b.ReportAllocs()
	for b.Loop() {
		r.read(u)
	}
}

// BenchmarkPacks reads sentences of all trades, without packs and with all of them, which then explain a good part of them.
func BenchmarkPacks(b *testing.B) {
	without := shippedRules(b)
	var packs []string
	var said []evidence.Utterance
	for _, p := range without.lexicon.Packs {
		packs = append(packs, p.Name)
		for _, e := range p.Entries {
			said = append(said, evidence.Utterance{Head: evidence.Head{Party: call.Caller}, Text: e.Surface + "の件でお電話しました", Confidence: 0.9, Final: true})
		}
	}
	all, err := without.With(Own{}, packs)
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*Rules{"none": without, "all": all} {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				r.read(said[i%len(said)])
			}
		})
	}
}
