package evidence

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"commusafe/internal/call"
)

func samples() []Item {
	h := Head{Party: call.Caller, FromMS: 1000, ToMS: 2500, Source: "builtin/1"}
	return []Item{
		Utterance{Head: h, Text: "ふざけんな", Tokens: []Token{{Surface: "ふざけん", Lemma: "ふざける", Reading: "フザケン", POS: "動詞"}}, Confidence: 0.5, Final: true},
		Phrase{Head: h, ID: "ABUSE-1", Reading: "ふざけんな", Score: -0.25, Confidence: 0.9},
		Gist{Head: h, Category: "ABUSE", Harm: 0.75},
		Emotion{Head: h, Anger: 0.5, Confidence: 0.75, WindowMS: 3000},
		Sound{Head: h, LoudnessDB: 6.5, Overlap: 0.25, SilenceMS: 0, TalkShare: 0.5, SpeechRate: 12},
		Voice{Head: h, Candidates: []Candidate{{Voiceprint: "v", Score: 0.5}}},
		DTMF{Head: h, Digit: "0"},
		Mark{Head: h, Mark: MarkHelp, By: "s"},
		History{Head: h, OnMatter: 2, CallsToday: 3, Limits: []string{"l"}},
		Gap{Head: h, What: "words", Why: "listener away"},
	}
}

// The JSON of each kind is the contract with other processes and with old folders.
func TestGoldenJSON(t *testing.T) {
	var b strings.Builder
	for _, it := range samples() {
		line, err := Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
		back, err := Unmarshal(line)
		if err != nil || !reflect.DeepEqual(back, it) {
			t.Errorf("%s came back as %#v (%v)", line, back, err)
		}
	}
	golden := filepath.Join("testdata", "items.jsonl")
	want, err := os.ReadFile(golden)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if err != nil || string(want) != b.String() {
		t.Errorf("the form of evidence changed (%v); old folders could no longer be read. Got:\n%s", err, b.String())
	}
}

func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	for _, bad := range []string{`{}`, `{"type":"smell","from_ms":1,"to_ms":2,"source":"x"}`, `[1]`, `nope`,
		`{"type":"gap","from_ms":1,"to_ms":2,"source":"x","what":"words","why":"","colour":1}`,
		`{"type":"gap","from_ms":3,"to_ms":2,"source":"x","what":"words","why":""}`,
		`{"type":"dtmf","party":"stranger","from_ms":1,"to_ms":2,"source":"x","digit":"1"}`} {
		if it, err := Unmarshal([]byte(bad)); err == nil {
			t.Errorf("%s was read as %#v", bad, it)
		}
	}
}

func TestLateItemsFindTheirPlace(t *testing.T) {
	var tl Timeline
	for _, end := range []call.Millis{10, 30, 20, 30, 5} {
		tl.Add(Gap{Head: Head{ToMS: end}, Why: end.String()})
	}
	var got []call.Millis
	for _, it := range tl.Items() {
		got = append(got, it.Span().ToMS)
	}
	if !reflect.DeepEqual(got, []call.Millis{5, 10, 20, 30, 30}) || until(&tl, 20) != 3 {
		t.Errorf("order %v, until 20: %d", got, until(&tl, 20))
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, it := range samples() {
		b, _ := Marshal(it)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		it, err := Unmarshal(b)
		if err != nil {
			return
		}
		line, err := Marshal(it)
		if err != nil {
			return // NaN can't come from JSON, so this is a number out of range
		}
		if again, err := Unmarshal(line); err != nil || !reflect.DeepEqual(again, it) {
			t.Errorf("%s was written as %s", b, line)
		}
	})
}

func TestWhatIsRememberedStaysWithItsItem(t *testing.T) {
	var tl Timeline
	at := func(ms call.Millis) Item { return DTMF{Head: Head{FromMS: ms, ToMS: ms}} }
	tl.Add(at(1000))
	tl.Add(at(3000))
	tl.Remember(Words, 1, "three")
	tl.Add(at(2000))
	if tl.Note(Words, 0) != nil || tl.Note(Words, 1) != nil || tl.Note(Words, 2) != "three" {
		t.Errorf("%v %v %v", tl.Note(Words, 0), tl.Note(Words, 1), tl.Note(Words, 2))
	}
}

func until(tl *Timeline, now call.Millis) int {
	_, n := tl.Between(Stated, -1, now)
	return n
}

// What was stated is never forgotten; of the rest only what is young enough stays.
func TestForgetting(t *testing.T) {
	var tl Timeline
	tl.Add(Mark{Head: Head{ToMS: 1}, Mark: MarkFinalAnswer})
	for ms := call.Millis(1); ms <= 1000; ms++ {
		tl.Add(DTMF{Head: Head{ToMS: ms}})
		tl.Forget(ms - 10)
	}
	from, to := tl.Between(Words, -1, 1000)
	if tl.At(Words, to-1).Span().ToMS != 1000 || to-from < 10 || to-from > 40 || until(&tl, 1000) != 1 {
		t.Errorf("%d words, %d stated", to-from, until(&tl, 1000))
	}
}

// Heard twice from another beginning, a thing said once moves by some hundredths of a second. What overlaps little, or is something else, was said beside it.
func TestWhatWasHeardTwiceIsTheSame(t *testing.T) {
	at := func(who call.Party, from, to call.Millis) Head { return Head{Party: who, FromMS: from, ToMS: to} }
	x := Phrase{Head: at(call.Caller, 1000, 2000), ID: "X"}
	for name, c := range map[string]struct {
		a, b Item
		want bool
	}{
		"a little later":        {x, Phrase{Head: at(call.Caller, 1020, 2010), ID: "X"}, true},
		"its second half":       {x, Phrase{Head: at(call.Caller, 1600, 2000), ID: "X"}, true},
		"said once more":        {x, Phrase{Head: at(call.Caller, 2100, 3000), ID: "X"}, false},
		"overlaps little":       {x, Phrase{Head: at(call.Caller, 1700, 2700), ID: "X"}, false},
		"another phrase":        {x, Phrase{Head: x.Head, ID: "Y"}, false},
		"the other party":       {x, Phrase{Head: at(call.Agent, 1000, 2000), ID: "X"}, false},
		"another kind":          {x, Gist{Head: x.Head, Category: "ABUSE"}, false},
		"a gist of another way": {Gist{Head: x.Head, Category: "ABUSE"}, Gist{Head: x.Head, Category: "INTIM"}, true},
		"harassment and need":   {Gist{Head: x.Head, Category: "ABUSE"}, Gist{Head: x.Head, Category: "G-CRISIS"}, false},
		"words":                 {Utterance{Head: x.Head, Text: "a", Final: true}, Utterance{Head: x.Head, Text: "a", Final: true}, true},
		"other words":           {Utterance{Head: x.Head, Text: "a", Final: true}, Utterance{Head: x.Head, Text: "ab", Final: true}, false},
		"unfinished words":      {Utterance{Head: x.Head, Text: "a"}, Utterance{Head: x.Head, Text: "a", Final: true}, false},
		"sound":                 {Sound{Head: x.Head}, Sound{Head: x.Head}, false},
	} {
		if got := Same(c.a, c.b); got != c.want || Same(c.b, c.a) != got {
			t.Errorf("%s: %v", name, got)
		}
	}
}
