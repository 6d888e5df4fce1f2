package builtin

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
)

var loadedGist = sync.OnceValues(LoadGist) // its language takes a while

func shippedGist(t testing.TB) *Gist {
	t.Helper()
	g, err := loadedGist()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The product says of stretches what the training said of them.
func TestGistIsThatOfTheTraining(t *testing.T) {
	g, n := shippedGist(t), shippedNet(t)
	b, err := os.ReadFile("testdata/gist.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []struct {
		Phonemes []string  `json:"phonemes"`
		Likely   []float64 `json:"likely"`
	}
	if err := json.Unmarshal(b, &golden); err != nil || len(golden) < 20 {
		t.Fatalf("%d stretches, %v", len(golden), err)
	}
	nothing, harm := 0, 0
	var room gistRoom
	for _, c := range golden {
		var phonemes []uint8
		for _, p := range c.Phonemes {
			phonemes = append(phonemes, n.index[p])
		}
		room.places = g.places(phonemes, room.places)
		g.likely(room.places, room.likely[:])
		total := 0.0
		for k, want := range c.Likely {
			total += room.likely[k]
			if math.Abs(room.likely[k]-want) > 1e-4 {
				t.Errorf("%v: %s is %.5f, in the training %.5f", c.Phonemes, g.Classes[k], room.likely[k], want)
			}
		}
		if math.Abs(total-1) > 1e-9 {
			t.Errorf("%v: %v in all", c.Phonemes, total)
		}
		if c.Likely[0] > 0.9 {
			nothing++
		} else if c.Likely[0] < 0.1 {
			harm++
		}
	}
	if nothing < 3 || harm < 3 {
		t.Errorf("%d stretches are like nothing, %d like something", nothing, harm)
	}
}

// gistsOf gives what a spotter with a gist says of sound, frame by frame.
func gistsOf(t testing.TB, s *Spotter, pcm []int16, step int) (gists []evidence.Gist, phrases []evidence.Phrase) {
	t.Helper()
	e, err := s.Open(call.Caller)
	if err != nil {
		t.Fatal(err)
	}
	report := func(it evidence.Item) {
		switch it := it.(type) {
		case evidence.Gist:
			gists = append(gists, it)
		case evidence.Phrase:
			phrases = append(phrases, it)
		default:
			t.Errorf("%#v", it)
		}
	}
	for at := 0; at < len(pcm); at += step {
		e.Hear(audio.Frame{At: call.Millis(at / 8), PCM: pcm[at:min(at+step, len(pcm))]}, report)
	}
	e.Close(report)
	return gists, phrases
}

func withGist(t testing.TB) *Spotter {
	t.Helper()
	s, err := ready(t).WithGist(shippedGist(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Abuse is like harassment without a word of it being known, ordinary calls and a justified complaint are not, and phrases are found as without it.
func TestGistOfDemonstrationCalls(t *testing.T) {
	s := withGist(t)
	if err := s.Use(nil); err != nil {
		t.Fatal(err)
	}
	for name, least := range map[string]int{"abuse-caller.wav": 3, "threat-caller.wav": 1, "innocent.wav": 0, "enquiry-caller.wav": 0, "complaint-caller.wav": 0, "limited-caller.wav": 0} {
		got, _ := gistsOf(t, s, demo(t, name), 800)
		clear := 0
		for _, g := range got {
			told := gistTold
			if g.Category == gistNeed {
				told = needTold
			} else if strings.HasPrefix(g.Category, "G-") || g.Category == "NONE" {
				t.Errorf("%s: %+v", name, g)
			}
			if g.Party != call.Caller || g.Source != Source || g.FromMS >= g.ToMS || g.Harm < told || g.Harm > 1 || g.Harm != math.Round(100*g.Harm)/100 {
				t.Errorf("%s: %+v", name, g)
			}
			if g.Harm >= 0.8 {
				clear++
			}
		}
		if clear < least || least == 0 && clear > 0 {
			t.Errorf("%s: %d clear stretches, at least %d wanted: %+v", name, clear, least, got)
		}
	}
}

// Frames of any size, and phrases beside it, change nothing.
func TestGistDependsOnSoundAlone(t *testing.T) {
	s := withGist(t)
	pcm := demo(t, "abuse-caller.wav")
	want, phrases := gistsOf(t, s, pcm, 800)
	bare := slices.Clone(phrases)
	for i := range bare {
		bare[i].Around = 0
	}
	if plain := listen(t, ready(t), pcm, 800); !slices.Equal(plain, bare) || len(phrases) == 0 {
		t.Errorf("phrases with it %+v, without %+v", phrases, plain)
	}
	for _, step := range []int{160, 1111, 24000, 200000} {
		if got, same := gistsOf(t, s, pcm, step); !slices.Equal(got, want) || !slices.Equal(same, phrases) {
			t.Errorf("frames of %d samples: %+v %+v, of 800: %+v %+v", step, got, same, want, phrases)
		}
	}
	if err := s.Use(nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := gistsOf(t, s, pcm, 800); !slices.Equal(got, want) {
		t.Errorf("without phrases %+v, with them %+v", got, want)
	}
}

// A phrase in the middle of speech is told with what that is like, as soon as it is like harassment; a phrase that was the whole of it without.
func TestAPhraseWaitsForWhatIsAroundIt(t *testing.T) {
	s := withGist(t)
	if err := s.Use([]hear.Phrase{{ID: "kiitero", Reading: "だまってきいてろ"}, {ID: "namete", Reading: "なめてんのかこら"}}); err != nil {
		t.Fatal(err)
	}
	pcm := demo(t, "abuse-caller.wav")
	want := map[string]float64{"kiitero": 0.5, "namete": 0}
	_, phrases := gistsOf(t, s, pcm, 160)
	for _, p := range phrases {
		if least := want[p.ID]; p.Around < least || least == 0 && p.Around != 0 {
			t.Errorf("%+v", p)
		}
	}
	for _, step := range []int{800, 24000} {
		if _, same := gistsOf(t, s, pcm, step); !slices.Equal(same, phrases) || len(phrases) < 4 {
			t.Errorf("frames of %d samples: %+v, of 160: %+v", step, same, phrases)
		}
	}
}

// A stretch that is like both says both; one that is like neither says nothing, but is known to the phrases in it.
func TestAStretchMayBeLikeBoth(t *testing.T) {
	e := &ear{who: call.Caller}
	var got []evidence.Gist
	report := func(it evidence.Item) {
		if g, ok := it.(evidence.Gist); ok {
			got = append(got, g)
		}
	}
	for _, c := range []struct {
		harm, need float64
		want       []string
	}{
		{0.35, 0.1, []string{"HOLD", gistNeed}}, {0.35, 0.09, []string{"HOLD"}}, {0.34, 0.1, []string{gistNeed}}, {0.34, 0.09, nil},
	} {
		got = nil
		e.tell(tenor{class: "HOLD", harm: c.harm, need: c.need, begin: 10, end: 40}, report)
		var classes []string
		for _, g := range got {
			classes = append(classes, g.Category)
		}
		if !slices.Equal(classes, c.want) {
			t.Errorf("%v and %v: %+v", c.harm, c.need, got)
		}
		if last := e.tenors[len(e.tenors)-1]; last.harm != c.harm || last.need != c.need {
			t.Errorf("%+v", e.tenors)
		}
	}
}

// What is around a phrase is of the stretch that it lies in, where that is more than the phrase.
func TestAroundAPhrase(t *testing.T) {
	tenors := []tenor{{harm: 0.3, need: 0.1, begin: 0, end: 100}, {harm: 0.1, need: 0.4, begin: 120, end: 220}, {begin: 240, end: 340}}
	for h, want := range map[hit]float64{
		{begin: 10, end: 40}:   0.3,
		{begin: 130, end: 160}: 0.4,
		{begin: 250, end: 300}: 0.01,
		{begin: 90, end: 109}:  0.3,
		{begin: 90, end: 111}:  0, // half of it lies elsewhere
		{begin: 5, end: 75}:    0.3,
		{begin: 5, end: 76}:    0, // hardly more than the phrase is said
		{begin: 400, end: 440}: 0,
	} {
		if got := around(tenors, h); got != want {
			t.Errorf("%d to %d: %v, not %v", h.begin, h.end, got, want)
		}
	}
}

// stretches gives how a gister cuts steps: the phonemes of each stretch with the steps of its ends.
func stretches(g *gister, steps []uint8) (out [][]uint8, ends [][2]int32) {
	var room gistRoom
	for i, p := range steps {
		before, begin, end := slices.Clone(g.phonemes), g.begin, g.end
		g.step(nil, p, int32(i), &room)
		if len(before) > 0 && (len(g.phonemes) < len(before) || g.begin != begin) {
			out, ends = append(out, before), append(ends, [2]int32{begin, end})
		}
	}
	if len(g.phonemes) > 0 {
		out, ends = append(out, slices.Clone(g.phonemes)), append(ends, [2]int32{g.begin, g.end})
	}
	return out, ends
}

func TestStretchesEndAtPauses(t *testing.T) {
	pause := func(n int) []uint8 { return make([]uint8, n) }
	for name, c := range map[string]struct {
		steps []uint8
		want  [][]uint8
		ends  [][2]int32
	}{
		"a phoneme over some steps":   {[]uint8{1, 1, 1, 2, 2}, [][]uint8{{1, 2}}, [][2]int32{{0, 4}}},
		"the same again over a blank": {[]uint8{1, 0, 1, 2}, [][]uint8{{1, 2}}, [][2]int32{{0, 3}}},
		"another between":             {[]uint8{1, 2, 1}, [][]uint8{{1, 2, 1}}, [][2]int32{{0, 2}}},
		"a short pause":               {slices.Concat([]uint8{1, 2}, pause(gistPause-1), []uint8{3}), [][]uint8{{1, 2, 3}}, [][2]int32{{0, 1 + gistPause}}},
		"a pause":                     {slices.Concat([]uint8{0, 1, 2}, pause(gistPause+1), []uint8{3, 4}), [][]uint8{{1, 2}, {3, 4}}, [][2]int32{{1, 2}, {4 + gistPause, 5 + gistPause}}},
		"the same after a pause":      {slices.Concat([]uint8{1}, pause(gistPause+1), []uint8{1}), [][]uint8{{1}, {1}}, [][2]int32{{0, 0}, {2 + gistPause, 2 + gistPause}}},
		"nothing":                     {pause(50), nil, nil},
	} {
		if got, ends := stretches(&gister{gist: shippedGist(t)}, c.steps); !slices.EqualFunc(got, c.want, slices.Equal) || !slices.Equal(ends, c.ends) {
			t.Errorf("%s: %v %v, want %v %v", name, got, ends, c.want, c.ends)
		}
	}
	var long []uint8
	for i := range 2*gistMost + 5 {
		long = append(long, uint8(1+i%5))
	}
	if got, _ := stretches(&gister{gist: shippedGist(t)}, long); len(got) != 3 || len(got[0]) != gistMost || len(got[2]) != 5 {
		t.Errorf("%d phonemes without a pause: %v", len(long), got)
	}
}

// What is shorter than gistLeast says nothing, whatever it is like.
func TestAShortStretchSaysNothing(t *testing.T) {
	g := &gister{gist: shippedGist(t)}
	var room gistRoom
	for p := range uint8(gistLeast - 1) {
		g.step(nil, 1+p, int32(p), &room)
	}
	if got, ok := g.soFar(&room); ok || got.harm+got.need > 0 {
		t.Errorf("%+v", got)
	}
	if got, ok := g.finish(&room); ok || got.harm+got.need > 0 {
		t.Errorf("%+v", got)
	}
}

// A stretch is judged without allocating, once there is room, while it is said too.
func TestGistAllocatesNothing(t *testing.T) {
	g := &gister{gist: shippedGist(t)}
	var room gistRoom
	stretch := func() {
		for i := range int32(gistMost) {
			g.step(nil, uint8(1+i%30), i, &room)
			if i%9 == 0 {
				g.soFar(&room)
			}
		}
		g.finish(&room)
	}
	stretch()
	if n := testing.AllocsPerRun(20, stretch); n != 0 {
		t.Errorf("%v allocations a stretch", n)
	}
}

func TestBrokenGistsAreRefused(t *testing.T) {
	packed := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	head := func(h string) []byte {
		return packed(slices.Concat([]byte(gistMagic), []byte{byte(len(h)), byte(len(h) >> 8), 0, 0}, []byte(h)))
	}
	good := `{"classes":["NONE","ABUSE"],"phonemes":["_","a"],"bits":4,"width":2,"least":3,"most":6,"open":[4],"unit":0.5}`
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"nothing":             {nil, "no gzip header"},
		"other weights":       {shippedWeights, "no CSGIST1 header"},
		"a header too long":   {packed(append([]byte(gistMagic), 0, 0, 0, 9)), "can't be right"},
		"half a header":       {packed(append([]byte(gistMagic), 9, 0, 0, 0, '{')), "ends inside its header"},
		"no JSON":             {head("{"), "read weights header"},
		"no classes":          {head(strings.Replace(good, `"NONE","ABUSE"`, "", 1)), "0 classes"},
		"too many places":     {head(strings.Replace(good, `"bits":4`, `"bits":40`, 1)), "40 bits"},
		"runs of nothing":     {head(strings.Replace(good, `"least":3`, `"least":0`, 1)), "runs from 0"},
		"an open run too low": {head(strings.Replace(good, `[4]`, `[2]`, 1)), "open [2]"},
		"no unit":             {head(strings.Replace(good, `0.5`, `0`, 1)), "unit 0"},
		"no numbers":          {head(good), "ends inside its numbers"},
	} {
		if g, err := ParseGist(c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, %v", name, g, err)
		}
	}
	other := *shippedGist(t)
	other.Phonemes = slices.Clone(other.Phonemes)
	other.Phonemes[3] = "x"
	if _, err := NewSpotter(shippedNet(t)).WithGist(&other); err == nil {
		t.Error("a gist of other phonemes was taken")
	}
}

// Whatever the weights are, they are refused or say something of any phonemes.
func FuzzParseGist(f *testing.F) {
	head := `{"classes":["NONE","ABUSE"],"phonemes":["_","a","pau"],"bits":2,"width":1,"least":1,"most":2,"open":[3],"unit":0.5}`
	f.Add([]byte(head), []byte{1, 255, 3, 4, 0, 0, 128, 63, 0, 0, 128, 191, 0, 0, 0, 0, 0, 0, 0, 0}, []byte{1, 2, 3})
	f.Add([]byte("{}"), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, head, numbers, phonemes []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		for _, p := range [][]byte{[]byte(gistMagic), binary.LittleEndian.AppendUint32(nil, uint32(len(head))), head, numbers} {
			if _, err := z.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		g, err := ParseGist(b.Bytes())
		if err != nil {
			return
		}
		var room gistRoom
		room.places = g.places(phonemes[:min(len(phonemes), gistMost)], nil)
		g.likely(room.places, room.likely[:])
		for _, p := range room.likely[:len(g.Classes)] {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("%v of %+v", room.likely, g.gistHeader)
			}
		}
	})
}

func BenchmarkGist(b *testing.B) {
	g := &gister{gist: shippedGist(b)}
	var room gistRoom
	for b.Loop() {
		for i := range int32(50) {
			g.step(nil, uint8(1+(i*7)%30), i, &room)
		}
		g.finish(&room)
	}
}
