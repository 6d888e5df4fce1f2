package store_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"commusafe/internal/office/limits"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/voices"
	"commusafe/internal/policy"
)

// inFiles tells in which files below a directory some bytes are.
func inFiles(t *testing.T, dir string, b []byte) (found []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		all, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(all, b) {
			found = append(found, filepath.Base(f))
		}
	}
	return found
}

// A vector is in the database's files in no readable form, ever; and once its limit is lifted or has ended, what was sealed is in
// none of them either, while the tombstone is there (E-32). The book of voices has it scrubbed after each erasure.
func TestE32AnErasedVoiceIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "office.sqlite"))
	key, err := voices.NewKey(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	deed := staff.Deed{By: "p2", What: "trail.limit_lift", At: now}
	var prints []voices.Print
	var plain [][]byte
	for n := range 20 { // more than a page holds, so that some are moved while others are erased
		vector := make([]float32, 48)
		var clear []byte
		for i := range vector {
			vector[i] = float32(math.Sin(float64(100*n+i) + 0.5))
			clear = binary.LittleEndian.AppendUint32(clear, math.Float32bits(vector[i]))
		}
		e := limits.Entry{Limit: policy.Limit{ID: fmt.Sprint("l", n), Voice: fmt.Sprint("v", n), Take: policy.TakeCandidate, From: now, Until: now.Add(time.Hour), Reason: "r"},
			ProposedBy: "p1", Proposed: now, ApprovedBy: "p2", Approved: now}
		p := voices.Print{ID: e.Voice, Limit: e.ID, Case: "c", Source: "x/1", Made: now, Expires: e.Until}
		if p.Sealed, err = key.Seal(p, vector); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutLimit(t.Context(), e, deed); err != nil {
			t.Fatal(err)
		}
		if ok, err := s.ApproveLimit(t.Context(), e, &p, deed); !ok || err != nil {
			t.Fatal(ok, err)
		}
		prints, plain = append(prints, p), append(plain, clear)
	}
	for n, p := range prints {
		text := fmt.Appendf(nil, "%v", math.Float32frombits(binary.LittleEndian.Uint32(plain[n])))
		if in := append(inFiles(t, dir, plain[n]), inFiles(t, dir, text)...); len(in) > 0 {
			t.Errorf("the vector of %s is readable in %v", p.ID, in)
		}
		if len(inFiles(t, dir, []byte(p.Sealed))) == 0 {
			t.Errorf("what was sealed of %s is not there: this test would find nothing", p.ID)
		}
		if n%2 == 0 {
			if ok, err := s.EraseVoice(t.Context(), p.ID, voices.Ended, deed); !ok || err != nil {
				t.Fatal(ok, err)
			}
		} else if ok, err := s.LiftLimit(t.Context(), p.Limit, "why", deed); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := s.Scrub(t.Context()); err != nil {
			t.Fatal(err)
		}
		for m := range prints {
			if in := inFiles(t, dir, []byte(prints[m].Sealed)); m <= n && len(in) > 0 || m > n && len(in) == 0 {
				t.Fatalf("after %s was erased, what was sealed of %s is in %v", p.ID, prints[m].ID, in)
			}
		}
	}
	left, err := s.ListVoices(t.Context())
	if err != nil || len(left) != len(prints) || left[0].Erased.IsZero() || left[0].Sealed != "" {
		t.Errorf("%d tombstones (%v)", len(left), err)
	}
}
