package text

import "testing"

func distance(t *testing.T, said, meant string) int {
	t.Helper()
	p, err := Phones(meant)
	if err != nil {
		t.Fatal(err)
	}
	var l Lattice
	var c Cells
	table(t).Fill(&l, Fold(said).Runes)
	return NewLikeness().Distance(&c, &l, p)
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		said, meant string
		from, to    int
	}{
		{"土下座して謝れ", "どげざしてあやまれ", 0, 0},
		{"だからさ、土下座して誤れって言ってんの", "どげざしてあやまれ", 0, 0}, // another kanji of the same sound; the ends are free
		{"どげざしてあやまれ", "どげざしてあやまれ", 0, 0},
		{"どげざあしてあやまれえ", "どげざしてあやまれ", 0, 1 * 2},              // drawn out
		{"社長を出せ", "しゃちょうをだせ", 0, 2},                         // the long vowel of the text is none of the reading
		{"いえはかえらない", "いえわかえらない", 0, 0},                      // a particle
		{"どげざひてあやまれ", "どげざしてあやまれ", costGlide, costKin},      // s for h
		{"どげざしてあやま", "どげざしてあやまれ", costLost, 2 * costLost},   // a mora is lost
		{"どげざしてたあやまれ", "どげざしてあやまれ", costLost, 2 * costLost}, // … or added
		{"やっぱりほしい", "やぱりほしい", costFaint, costFaint},         // っ
		{"お世話になります", "どげざしてあやまれ", 5 * Whole, unreachable},   // something else
		{"", "どげざしてあやまれ", 9 * costFaint, unreachable},       // nothing
		{"龘龘龘龘", "どげざしてあやまれ", 5 * costLost, unreachable},    // letters of no known sound
		{"あ", "ああいう", 0, 3 * costLost},                      // shorter than what is meant
	} {
		if got := distance(t, c.said, c.meant); got < c.from || got > c.to {
			t.Errorf("%s for %s costs %d, want %d to %d", c.said, c.meant, got, c.from, c.to)
		}
	}
}

// More errors never cost less.
func TestMoreErrorsCostMore(t *testing.T) {
	last := -1
	for _, said := range []string{"責任を取れるんだろうな", "席にんを取れるんだろうな", "席にんほ取れるんだろうな", "席にんほとえるんばろうな"} {
		got := distance(t, said, "せきにんをとれるんだろうな")
		if got < last {
			t.Errorf("%s costs %d, less than %d", said, got, last)
		}
		last = got
	}
	if last < costKin {
		t.Errorf("all errors together cost %d", last)
	}
}

func TestDistanceAllocatesNothing(t *testing.T) {
	p, err := Phones("せきにんをとれるんだろうな")
	if err != nil {
		t.Fatal(err)
	}
	letters := Fold("お客様の責任を取れるんだろうなと申し上げているのですが、今日中にお返事をいただけますか。").Runes
	r, like := table(t), NewLikeness()
	var l Lattice
	var c Cells
	once := func() { r.Fill(&l, letters); like.Distance(&c, &l, p) }
	once()
	if n := testing.AllocsPerRun(20, once); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
