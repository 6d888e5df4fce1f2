package bench

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/proof/demo"
)

func TestUtterancesAreFoundInTheRecording(t *testing.T) {
	sent, _, said, err := demo.Harassment()
	if err != nil {
		t.Fatal(err)
	}
	for _, late := range []int{777, 0, -1} { // a phone's clock may be a little behind the edge's
		found(t, late, sent, said)
	}
}

func found(t *testing.T, late int, sent []byte, said []demo.Span) {
	t.Helper()
	came := sent[max(0, -late)*audio.SamplesPerMS:]
	came = append(slices.Repeat([]byte{0xFF}, max(0, late)*audio.SamplesPerMS), came...)
	dir := t.TempDir()
	if err := audio.WriteG711File(filepath.Join(dir, folder.CallerWAV), audio.PCMU, came); err != nil {
		t.Fatal(err)
	}
	got, err := place(dir, sent, said)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range got {
		if u.FromMS != said[i].FromMS+int64(late) || u.Text != said[i].Text {
			t.Errorf("%+v, sent %+v", u, said[i])
		}
	}
	if len(got) != len(said) {
		t.Errorf("%d of %d utterances found", len(got), len(said))
	}
}

// The journal of a warning: a phrase in the second utterance, judged, planned, spoken.
func TestMomentsOfAJournal(t *testing.T) {
	began := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	m := newMoments()
	c := newHistory(m, began, began.Add(20*time.Second))
	c.said = []demo.Span{{FromMS: 1000, ToMS: 2000}, {FromMS: 5000, ToMS: 6000}}
	for _, l := range []struct {
		ms   int
		kind folder.Kind
		data string
	}{
		{6400, folder.KindEvidence, `{"type":"phrase","party":"caller","from_ms":5100,"to_ms":5900,"source":"test","id":"ABUSE-01","reading":"","score":0,"confidence":1}`},
		{6402, folder.KindJudgement, `{}`},
		{6402, folder.KindPlan, `{"actions":[{"do":"warn1","mode":"auto"}],"stage":"watch"}`},
		{9000, folder.KindAction, `{"do":"warn1","phase":"done","spoken":{"first_ms":6410,"last_ms":9000,"packets":100,"complete":true}}`},
		{9100, folder.KindTimer, `{"why":"due"}`},
		{9101, folder.KindPlan, `{"actions":[{"do":"closing","mode":"auto"},{"do":"cut","mode":"auto"}]}`},
		{19900, folder.KindAction, `{"do":"closing","phase":"done","spoken":{"first_ms":10000,"last_ms":19900,"packets":100,"complete":true}}`},
		{19999, folder.KindAction, `{"do":"cut","phase":"done"}`},
	} {
		if err := c.line(folder.Line{Kind: l.kind, Wall: began.Add(time.Duration(l.ms) * time.Millisecond), Data: []byte(l.data)}); err != nil {
			t.Fatal(err)
		}
	}
	c.end()
	want := map[string]float64{rowSpotted: 500, rowEvidence: 400, rowJudgement: 402, rowPacket: 8, rowAnswer: 510, firstPacket(policy.Warn1): 410, rowCut: 100}
	for _, r := range m.rows() {
		if w, ok := want[r.Name]; ok != (r.N == 1) || r.P50MS != w {
			t.Errorf("%+v, want %v", r, w)
		}
	}
}

func TestJudgingTheHourIsTheSameDialogue(t *testing.T) {
	r, err := RunJudge(2, nil)
	if err != nil || r.Utterances != 40 || len(r.Rows) != 1 || r.Peak == "S0" {
		t.Errorf("%+v %v", r, err)
	}
}
