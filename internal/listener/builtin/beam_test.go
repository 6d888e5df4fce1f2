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
	l, err := LoadLanguage()
	if err != nil {
		t.Fatal(err)
	}
	return l
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
		past := uint64(0)
		for _, p := range g.Past {
			past = past<<letterBits | uint64(p)
		}
		if got := l.cost(past, g.Phoneme); math.Abs(float64(got)-g.Cost) > 1e-3 {
			t.Errorf("%v after %v: %.4f, in the training %.4f", g.Phoneme, g.Past, got, g.Cost)
		}
	}
}

// What may follow anything is certain to be one of the phonemes or the end, up to the steps in which it is written; a back-off is never over 1.
func TestLanguageIsCertainThatSomethingFollows(t *testing.T) {
	l, r := shippedLanguage(t), rand.New(rand.NewPCG(1, 2))
	for _, first := range []uint64{0, l.opening()} {
		past := first
		for range 300 {
			total, at, next := 0.0, r.Float64(), uint8(edgePhoneme)
			for p := uint8(1); p <= edgePhoneme; p++ {
				if int(p) >= len(l.Phonemes) && p != edgePhoneme {
					continue
				}
				if total += math.Exp(-float64(l.cost(past, p))); total > at && next == edgePhoneme {
					next = p
				}
			}
			if total < 0.6 || total > 1.3 {
				t.Fatalf("after %#x: %.3f in all", past, total)
			}
			if past = past<<letterBits | uint64(next); next == edgePhoneme {
				past = first
			}
		}
	}
}

// packedLanguage makes a weights file of n-grams: keys and how unlikely they are, and back-offs.
func packedLanguage(t testing.TB, head string, keys []uint64, costs, back []byte) []byte {
	t.Helper()
	raw := binary.LittleEndian.AppendUint32([]byte(languageMagic), uint32(len(head)))
	raw = append(raw, head...)
	last := uint64(0)
	for _, k := range keys {
		raw = binary.AppendUvarint(raw, k-last)
		last = k
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(slices.Concat(raw, costs, back)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestBrokenLanguagesAreRefused(t *testing.T) {
	const good = `{"phonemes":["_","a","b"],"order":2,"grams":3,"unit":0.1,"likely":1,"each":1}`
	keys, costs := []uint64{1, 2, 1<<letterBits | 2}, []byte{1, 2, 3}
	file := func(head string) []byte { return packedLanguage(t, head, keys, costs, costs) }
	if l, err := ParseLanguage(file(good)); err != nil || l.cost(1, 2) != 0.3 || math.Abs(float64(l.cost(2, 1))-0.3) > 1e-6 {
		t.Fatalf("%v", err)
	}
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"nothing":            {nil, "no gzip header"},
		"other weights":      {gistWeights, "no CSLANG1 header"},
		"no phonemes":        {file(strings.Replace(good, `"_","a","b"`, "", 1)), "0 phonemes"},
		"an order too great": {file(strings.Replace(good, `"order":2`, `"order":9`, 1)), "up to 9 phonemes"},
		"too many n-grams":   {file(strings.Replace(good, `"grams":3`, `"grams":3000000`, 1)), "3000000 n-grams"},
		"no unit":            {file(strings.Replace(good, `0.1`, `0`, 1)), "unit 0"},
		"a weight below 0":   {file(strings.Replace(good, `"likely":1`, `"likely":-1`, 1)), "weights -1"},
		"no keys":            {packedLanguage(t, good, nil, nil, nil), "ends inside its keys"},
		"half the numbers":   {packedLanguage(t, good, keys, costs, nil), "ends inside its numbers"},
		"a key twice":        {packedLanguage(t, good, []uint64{1, 2, 2}, costs, costs), "key that can't be right"},
		"a key too long":     {packedLanguage(t, good, []uint64{1, 2, 1 << keyBits}, costs, costs), "key that can't be right"},
	} {
		if _, err := ParseLanguage(c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := ParseLanguage(file(good))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shippedGist(t).With(l); err == nil {
		t.Error("a language of other phonemes was taken")
	}
}

// Whatever a language model is, it is refused or says something of any phonemes.
func FuzzParseLanguage(f *testing.F) {
	f.Add(`{"phonemes":["_","a","b"],"order":2,"grams":2,"unit":0.1,"likely":1,"each":1}`, []byte{1, 1, 5, 6, 7, 8}, uint64(65))
	f.Add("{}", []byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, head string, numbers []byte, past uint64) {
		l, err := ParseLanguage(packedLanguage(t, head, nil, numbers, nil))
		if err != nil {
			return
		}
		for p := range l.Phonemes {
			if c := l.cost(past, uint8(p)); !(c >= 0) || math.IsInf(float64(c), 1) {
				t.Fatalf("%v after %#x: %v", p, past, c)
			}
		}
	})
}

// small is a language of three phonemes and a pause, drawn at random.
func small(t testing.TB, r *rand.Rand) *Language {
	t.Helper()
	head := `{"phonemes":["_","a","b","c","pau"],"order":3,"grams":%d,"unit":0.05,"likely":0.8,"each":0.7}`
	var keys []uint64
	for a := range uint64(4) {
		for b := range uint64(4) {
			for c := uint64(1); c < 4; c++ {
				if k := (a<<letterBits|b)<<letterBits | c; (a == 0 || b > 0) && (k < 4 || r.IntN(2) == 0) {
					keys = append(keys, k)
				}
			}
		}
	}
	costs := make([]byte, 2*len(keys))
	for i := range costs {
		costs[i] = byte(r.IntN(80))
	}
	l, err := ParseLanguage(packedLanguage(t, fmt.Sprintf(head, len(keys)), keys, costs[:len(keys)], costs[len(keys):]))
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
			score, past, last := math.Log(p), l.opening(), byte(0)
			for _, c := range []byte(said) {
				if c != last {
					score += float64(l.Each - l.Likely*l.cost(past, c))
					past = past<<letterBits | uint64(c)
				}
				last = c
			}
			if score > most {
				best, most = said, score
			}
		}
		b, room := beam{language: l, pause: pause}, []reading(nil)
		b.begin()
		for _, e := range es {
			room = b.step(e, room)
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
	es := drawn(r, 2000, len(l.Phonemes), 8)
	b, room := beam{language: l, pause: 8}, []reading(nil)
	var said []uint8
	read := func() {
		b.begin()
		for i, e := range es {
			before := len(b.nodes)
			room = b.step(e, room)
			if len(b.nodes) < before {
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
	if len(said) < 500 || len(said) > len(es) {
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
	s, room := beam{language: shippedLanguage(b), pause: 8}, []reading(nil)
	for b.Loop() {
		s.begin()
		for _, e := range es {
			room = s.step(e, room)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(es))/stepMS/1e6*1e3, "ms/s")
}
