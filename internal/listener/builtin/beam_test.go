package builtin

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/text"
)

func shippedLanguage(t testing.TB) *Language {
	t.Helper()
	return shippedGist(t).language
}

// after is what was said before a phoneme, of which nothing is known but the phonemes.
func (l *Language) after(phonemes ...uint8) past {
	p := past{known: uint8(l.Order - 1)}
	for _, q := range phonemes {
		p.said = p.said<<letterBits | uint64(q)
	}
	return p
}

// of is cost for what is asked once.
func (l *Language) of(p past, phoneme uint8) (float32, past) {
	var c lookup
	c.about(p)
	return l.cost(&c, phoneme)
}

// The product finds phonemes as unlikely after others as the training did.
func TestLanguageIsThatOfTheTraining(t *testing.T) {
	l := shippedLanguage(t)
	b, err := os.ReadFile("testdata/language.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Past    []uint8 `json:"past"`
		Phoneme uint8   `json:"phoneme"`
		Cost    float64 `json:"cost"`
	}
	if err := json.Unmarshal(b, &golden); err != nil || len(golden) < 100 {
		t.Fatalf("%d rows, %v", len(golden), err)
	}
	for _, g := range golden {
		if got, _ := l.of(l.after(g.Past...), g.Phoneme); math.Abs(float64(got)-g.Cost) > 1e-3 {
			t.Errorf("%v after %v: %.4f, in the training %.4f", g.Phoneme, g.Past, got, g.Cost)
		}
	}
}

// What may follow anything is certain to be one of the phonemes or the end, up to the steps in which it is written; a back-off is never over 1.
func TestLanguageIsCertainThatSomethingFollows(t *testing.T) {
	l, r := shippedLanguage(t), rand.New(rand.NewPCG(1, 2))
	for _, first := range []past{l.after(), l.opening()} {
		before := first
		for range 300 {
			total, at, next := 0.0, r.Float64(), uint8(edgePhoneme)
			for p := uint8(1); p <= edgePhoneme; p++ {
				if int(p) >= len(l.Phonemes) && p != edgePhoneme {
					continue
				}
				cost, _ := l.of(before, p)
				if total += math.Exp(-float64(cost)); total > at && next == edgePhoneme {
					next = p
				}
			}
			if total < 0.6 || total > 1.3 {
				t.Fatalf("after %#x: %.3f in all", before.said, total)
			}
			if _, before = l.of(before, next); next == edgePhoneme {
				before = first
			}
		}
	}
}

// How far what was said is known is carried along, and what follows is as unlikely as where everything is asked for.
func TestLanguageKnowsHowFarItKnows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for name, l := range map[string]*Language{"shipped": shippedLanguage(t), "small": small(t, r)} {
		p, less := l.opening(), 0
		for range 20000 {
			q := uint8(1 + r.IntN(len(l.Phonemes)-1))
			if r.IntN(3) > 0 { // mostly what is likely
				least := float32(math.Inf(1))
				for range 6 {
					o := uint8(1 + r.IntN(len(l.Phonemes)-1))
					if c, _ := l.of(p, o); c < least {
						least, q = c, o
					}
				}
			}
			all := past{said: p.said, known: uint8(l.Order - 1)}
			want, _ := l.of(all, q)
			got, next := l.of(p, q)
			if got != want {
				t.Fatalf("%s: %d after %#x of which %d are known: %v, of all %v", name, q, p.said, p.known, got, want)
			}
			if p = next; int(p.known) < l.Order-1 {
				less++
			}
		}
		if less == 0 {
			t.Errorf("%s: everything is known further than the language goes", name)
		}
	}
}

// An ngram is one of a language that is made for a test.
type ngram struct {
	said       string // phonemes by their numbers
	cost, back byte
}

// packedLanguage makes a weights file of n-grams, in the order that they are given.
func packedLanguage(t testing.TB, head string, grams ...ngram) []byte {
	t.Helper()
	var lengths, lasts, costs, backs []byte
	for i, g := range grams {
		n := len(g.said)
		lengths, lasts, costs = append(lengths, byte(n)), append(lasts, g.said[max(0, n-1):]...), append(costs, g.cost)
		if i+1 < len(grams) && len(grams[i+1].said) > n {
			backs = append(backs, g.back)
		}
	}
	return packedTree(t, head, slices.Concat(lengths, lasts, costs, backs))
}

func packedTree(t testing.TB, head string, tree []byte) []byte {
	t.Helper()
	raw := append(binary.LittleEndian.AppendUint32([]byte(languageMagic), uint32(len(head))), head...)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(append(raw, tree...)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBrokenLanguagesAreRefused(t *testing.T) {
	const good = `{"phonemes":["_","a","b"],"order":2,"grams":3,"unit":0.1,"likely":1,"each":1}`
	grams := []ngram{{"\x01", 1, 2}, {"\x01\x02", 3, 0}, {"\x02", 4, 0}}
	file := func(head string) []byte { return packedLanguage(t, head, grams...) }
	l, err := ParseLanguage(file(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before, phoneme uint8
		want            float64
	}{{1, 2, 0.3}, {1, 1, 0.3}, {2, 1, 0.1}, {2, 2, 0.4}} { // known; backed off; nothing is known after it
		if got, _ := l.of(l.after(c.before), c.phoneme); math.Abs(float64(got)-c.want) > 1e-6 {
			t.Errorf("%d after %d: %v", c.phoneme, c.before, got)
		}
	}
	tree := func(b ...byte) []byte { return packedTree(t, good, b) }
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"nothing":                         {nil, "no gzip header"},
		"other weights":                   {gistWeights, "no CSLANG2 header"},
		"no phonemes":                     {file(strings.Replace(good, `"_","a","b"`, "", 1)), "0 phonemes"},
		"an order too great":              {file(strings.Replace(good, `"order":2`, `"order":12`, 1)), "up to 12 phonemes"},
		"too many n-grams":                {file(strings.Replace(good, `"grams":3`, `"grams":9000000`, 1)), "9000000 n-grams"},
		"no unit":                         {file(strings.Replace(good, `0.1`, `0`, 1)), "unit 0"},
		"a weight below 0":                {file(strings.Replace(good, `"likely":1`, `"likely":-1`, 1)), "weights -1"},
		"no n-grams":                      {packedLanguage(t, good), "ends inside its n-grams"},
		"half the numbers":                {tree(1, 2, 1, 1, 2, 2, 1), "ends inside its n-grams"},
		"no back-off":                     {tree(1, 2, 1, 1, 2, 2, 1, 1, 1), "ends inside its back-offs"},
		"longer than it may":              {tree(1, 2, 3, 1, 2, 2, 1, 1, 1, 1, 1), "n-gram that can't be right"},
		"longer than what it begins with": {tree(2, 1, 1, 1, 1, 2, 1, 1, 1, 1), "n-gram that can't be right"},
		"nothing said":                    {tree(1, 1, 1, 0, 1, 2, 1, 1, 1), "n-gram that can't be right"},
		"no such phoneme":                 {tree(1, 1, 1, 1, 2, 3, 1, 1, 1), "n-gram that can't be right"},
		"an n-gram twice":                 {tree(1, 1, 1, 1, 2, 2, 1, 1, 1), "in another order"},
	} {
		if _, err := ParseLanguage(c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := shippedGist(t).With(l); err == nil {
		t.Error("a language of other phonemes was taken")
	}
}

// Whatever a language model is, it is refused or says something of any phonemes.
func FuzzParseLanguage(f *testing.F) {
	f.Add(`{"phonemes":["_","a","b"],"order":2,"grams":2,"unit":0.1,"likely":1,"each":1}`, []byte{1, 2, 1, 2, 7, 8, 9}, uint64(65))
	f.Add(`{"phonemes":["_","a","b"],"order":11,"grams":8000000,"unit":0.1,"likely":1,"each":1}`, []byte{1, 2, 1, 2, 7, 8, 9}, uint64(65))
	f.Add("{}", []byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, head string, tree []byte, said uint64) {
		l, err := ParseLanguage(packedTree(t, head, tree))
		if err != nil {
			return
		}
		for p := range l.Phonemes {
			c, next := l.of(past{said: said, known: uint8(l.Order - 1)}, uint8(p))
			if !(c >= 0) || math.IsInf(float64(c), 1) || int(next.known) >= l.Order {
				t.Fatalf("%v after %#x: %v, %d known", p, said, c, next.known)
			}
		}
	})
}

// small is a language of three phonemes and a pause, drawn at random.
func small(t testing.TB, r *rand.Rand) *Language {
	t.Helper()
	head := `{"phonemes":["_","a","b","c","pau"],"order":3,"grams":%d,"unit":0.05,"likely":0.8,"each":0.7}`
	var grams []ngram
	add := func(said ...byte) bool {
		ok := len(said) == 1 || r.IntN(2) == 0
		if ok {
			grams = append(grams, ngram{string(said), byte(r.IntN(80)), byte(r.IntN(80))})
		}
		return ok
	}
	for _, a := range []byte{1, 2, 3, edgePhoneme} {
		add(a)
		for _, b := range []byte{1, 2, 3} {
			if add(a, b) {
				for c := byte(1); c < 4; c++ {
					add(a, b, c)
				}
			}
		}
	}
	l, err := ParseLanguage(packedLanguage(t, fmt.Sprintf(head, len(grams)), grams...))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// drawn are emissions at random, the best phoneme at 0.
func drawn(r *rand.Rand, steps, phonemes int, spread float64) []emission {
	out := make([]emission, steps)
	for i := range out {
		out[i] = make(emission, phonemes)
		for k := range out[i] {
			out[i][k] = float32(-spread * r.Float64())
		}
		out[i][r.IntN(phonemes)] = 0
	}
	return out
}

// The beam finds the reading that all ways of saying it together make likeliest, by going through all of them.
func TestBeamFindsTheLikeliestReading(t *testing.T) {
	const pause = 4
	r := rand.New(rand.NewPCG(7, 8))
	for try := range 60 {
		l, es := small(t, r), drawn(r, 6, 5, 6)
		heard := map[string]float64{} // of each reading, over all ways
		ways := 1
		for range es {
			ways *= 4
		}
		for w := range ways {
			total, said, last := 0.0, []byte{}, byte(0)
			for i, k := 0, w; i < len(es); i, k = i+1, k/4 {
				p := byte(k % 4)
				if p == 0 {
					total += float64(max(es[i][0], es[i][pause]))
				} else {
					total += float64(es[i][p])
				}
				if p != 0 && p != last {
					said = append(said, p)
				}
				last = p
			}
			heard[string(said)] += math.Exp(total)
		}
		best, most := "", math.Inf(-1)
		for said, p := range heard {
			score, before, last := math.Log(p), l.opening(), byte(0)
			for _, c := range []byte(said) {
				if c != last {
					cost, next := l.of(before, c)
					score, before = score+float64(l.Each-l.Likely*cost), next
				}
				last = c
			}
			if score > most {
				best, most = said, score
			}
		}
		b, room := beam{language: l, pause: pause}, new(beamRoom)
		b.begin()
		for _, e := range es {
			b.step(e, room)
		}
		if got := b.said(nil); !slices.Equal(got, slices.Compact([]byte(best))) {
			t.Errorf("try %d: %v, of all ways together %v is likeliest", try, got, []byte(best))
		}
	}
}

// A stretch of any length is read in bounded room, without allocating once there is room; when there are too many nodes the best reading goes on.
func TestBeamIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	l := shippedLanguage(t)
	es := drawn(r, 400, len(l.Phonemes), 8)
	b, room := beam{language: l, pause: 8}, new(beamRoom)
	var said []uint8
	cleared := 0
	read := func() {
		b.begin()
		for i, e := range es {
			before := len(b.nodes)
			b.step(e, room)
			if len(b.nodes) < before {
				cleared++
				if n := len(b.readings); n != 1 {
					t.Fatalf("%d readings after the nodes were cleared in step %d", n, i)
				}
			}
			if len(b.nodes) > beamNodes+beamWidth || len(b.readings) > beamWidth {
				t.Fatalf("%d nodes, %d readings", len(b.nodes), len(b.readings))
			}
		}
		said = b.said(said)
	}
	read()
	if cleared == 0 {
		t.Error("there were never too many nodes")
	}
	if len(said) < 100 || len(said) > len(es) {
		t.Errorf("%d phonemes in %d steps", len(said), len(es))
	}
	for i := 1; i < len(said); i++ {
		if said[i] == said[i-1] || said[i] == 8 || said[i] == 0 {
			t.Fatalf("%v", said[i-1:i+1])
		}
	}
	if n := testing.AllocsPerRun(2, read); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A rendered sentence is read no worse with the language than without.
func TestBeamReadsASentence(t *testing.T) {
	n := shippedNet(t)
	g := readGolden(t, len(n.Phonemes))
	want, err := text.PhonemesOf("おでんわありがとうございますごようけんをおうかがいします")
	if err != nil {
		t.Fatal(err)
	}
	phonemes, err := GistInputs()
	if err != nil {
		t.Fatal(err)
	}
	var with []string
	for _, p := range phonemes(g.pcm)[0] {
		with = append(with, n.Phonemes[int(p)])
	}
	a, b := differences(want, with), differences(want, n.RoughPhonemes(g.pcm))
	if a > b || a > len(want)/3 {
		t.Errorf("%d differences with the language, %d without, of %d phonemes: %v", a, b, len(want), with)
	}
}

// differences counts what is to be put in, taken out or changed between two lists.
func differences(a, b []string) int {
	row := make([]int, len(b)+1)
	for k := range row {
		row[k] = k
	}
	for i, p := range a {
		last := row[0]
		row[0] = i + 1
		for k, q := range b {
			change := last
			if p != q {
				change++
			}
			last, row[k+1] = row[k+1], min(row[k+1]+1, row[k]+1, change)
		}
	}
	return row[len(b)]
}

func BenchmarkBeam(b *testing.B) {
	n := shippedNet(b)
	g := readGolden(b, len(n.Phonemes))
	front, run := frontEnd{bank: n.bank}, newStream(n)
	es := run.close(run.feed(front.feed(g.pcm, nil), nil))
	s, room := beam{language: shippedLanguage(b), pause: 8}, new(beamRoom)
	for b.Loop() {
		s.begin()
		for _, e := range es {
			s.step(e, room)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(es))/stepMS/1e6*1e3, "ms/s")
}
