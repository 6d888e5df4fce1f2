package voices_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/voices"
)

const source = "builtin-voice/1"

// A shelf is a store in memory.
type shelf struct {
	prints []voices.Print
	cases  map[call.ID]incident.Incident
	trail  []staff.Deed
	broken error // the trail can't be written

	scrubs     int
	unscrubbed error
}

func (s *shelf) Scrub(context.Context) error {
	s.scrubs++
	return s.unscrubbed
}

func (s *shelf) ListVoices(context.Context) ([]voices.Print, error) {
	return slices.Clone(s.prints), nil
}
func (s *shelf) EraseVoice(_ context.Context, id, why string, d staff.Deed) (bool, error) {
	for i := range s.prints {
		if p := &s.prints[i]; p.ID == id && p.Sealed != "" {
			p.Sealed, p.Why, p.Erased = "", why, d.At
			s.trail = append(s.trail, d)
			return true, nil
		}
	}
	return false, nil
}
func (s *shelf) IncidentOf(_ context.Context, id call.ID) (incident.Incident, error) {
	i, ok := s.cases[id]
	if !ok {
		return i, fs.ErrNotExist
	}
	return i, nil
}
func (s *shelf) AppendTrail(_ context.Context, d staff.Deed) error {
	if s.broken == nil {
		s.trail = append(s.trail, d)
	}
	return s.broken
}

// A room is a book with its store, a clock that stands and recordings of one voice each.
type room struct {
	t     *testing.T
	store *shelf
	book  *voices.Book
	now   time.Time
	log   bytes.Buffer
	voice map[string][]float32 // by folder
	of    string               // what makes vectors
}

func newKey(t *testing.T, b byte) *voices.Key {
	t.Helper()
	k, err := voices.NewKey(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// vector points in a direction, in degrees.
func vector(degrees float64) []float32 {
	r := degrees * math.Pi / 180
	return []float32{float32(math.Cos(r)), float32(math.Sin(r)), 0}
}

func newRoom(t *testing.T) *room {
	closed := incident.Incident{ID: "case", Status: incident.Closed, Outcome: incident.Harassment}
	open, complaint := closed, closed
	open.Status, complaint.Outcome = incident.Open, incident.Complaint
	r := &room{t: t, now: time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), of: source,
		store: &shelf{cases: map[call.ID]incident.Incident{"bad": closed, "open": open, "complaint": complaint, "short": closed}},
		voice: map[string][]float32{"dir/bad": vector(10)}}
	r.book = &voices.Book{Store: r.store, Key: newKey(t, 1), Now: func() time.Time { return r.now }, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		Folder: func(_ context.Context, id call.ID) (string, error) { return "dir/" + string(id), nil },
		Embed: func(_ context.Context, dir string) (voices.Vector, error) {
			v, ok := r.voice[dir]
			if !ok {
				return voices.Vector{}, voices.ErrShort
			}
			return voices.Vector{Source: r.of, Vector: slices.Clone(v)}, nil
		}}
	return r
}

const day = 24 * time.Hour

// renew gives how many can be compared.
func (r *room) renew(on bool, keep time.Duration) map[string]int {
	r.t.Helper()
	n, err := r.book.Renew(r.t.Context(), on, keep)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// enrol registers the voice of the bad call, as an approval does.
func (r *room) enrol(id string, length time.Duration) {
	r.t.Helper()
	p, err := r.book.Take(r.t.Context(), id, "limit-"+id, "bad", r.now.Add(length))
	if err != nil {
		r.t.Fatal(err)
	}
	r.store.prints = append(r.store.prints, p)
}

func (r *room) search(v []float32) (ids []string) {
	for _, c := range r.book.Search(r.t.Context(), bus.VoiceQuery{V: 1, Call: "new-call", Source: source, Vector: slices.Clone(v)}).Candidates {
		ids = append(ids, c.Voiceprint)
	}
	return ids
}

// Whose voice may be registered: nobody's while it is off; then that of a case which people have closed as harassment, for no longer than
// voices are kept (E-31, E-32).
func TestE32WhoseVoiceMayBeRegistered(t *testing.T) {
	r := newRoom(t)
	if err := r.book.May(t.Context(), "bad", day); !errors.Is(err, voices.ErrOff) {
		t.Errorf("nobody has turned it on: %v", err)
	}
	r.renew(true, 30*day)
	for name, c := range map[string]struct {
		id     call.ID
		length time.Duration
		want   error
	}{
		"a closed case":       {"bad", 30 * day, nil},
		"no case":             {"none", day, voices.ErrCase},
		"an open case":        {"open", day, voices.ErrCase},
		"a complaint":         {"complaint", day, voices.ErrCase},
		"longer than is kept": {"bad", 31 * day, voices.ErrKeep},
		"too little speech":   {"short", day, voices.ErrShort},
	} {
		if err := r.book.May(t.Context(), c.id, c.length); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.book.Take(t.Context(), "v", "l", c.id, r.now.Add(c.length)); !errors.Is(err, c.want) {
			t.Errorf("%s, at the approval: %v", name, err)
		}
	}
	r.renew(true, 400*day)
	if err := r.book.May(t.Context(), "bad", 181*day); !errors.Is(err, voices.ErrKeep) {
		t.Errorf("181 days: %v", err)
	}
	r.of = "unmeasured/1"
	if err := r.book.May(t.Context(), "bad", day); !errors.Is(err, voices.ErrEmbed) {
		t.Errorf("vectors of which nobody knows when they are alike: %v", err)
	}
	r.renew(false, 0)
	if err := r.book.May(t.Context(), "bad", day); !errors.Is(err, voices.ErrOff) {
		t.Errorf("after it was turned off: %v", err)
	}
}

// A match is a candidate with its score, and stands in the trail; without a match nothing does, and nothing but the trail is written
// at all (E-33, E-34).
func TestE34EveryMatchStandsInTheTrail(t *testing.T) {
	r := newRoom(t)
	r.renew(true, 180*day)
	r.enrol("v", day)
	if n := r.renew(true, 180*day); n[source] != 1 || len(n) != 1 {
		t.Errorf("%v can be compared", n)
	}
	before := slices.Clone(r.store.prints)
	r.store.trail = nil
	for degrees, want := range map[float64][]string{10: {"v"}, 50: {"v"}, 60: nil, 190: nil} { // the threshold is at 43 degrees from 10
		if got := r.search(vector(degrees)); !slices.Equal(got, want) {
			t.Errorf("%v degrees: %v, want %v", degrees, got, want)
		}
	}
	if len(r.store.trail) != 2 {
		t.Fatalf("%d matches stand in the trail, want 2", len(r.store.trail))
	}
	for _, d := range r.store.trail {
		if d.What != "trail.voice_match" || d.Subject != "v" || d.By != "" || !strings.Contains(d.Detail, "new-call") || !strings.Contains(d.Detail, source) {
			t.Errorf("%+v", d)
		}
	}
	if !slices.Equal(before, r.store.prints) || r.log.Len() > 0 {
		t.Errorf("a search left something: %s", r.log.String())
	}
	q := bus.VoiceQuery{V: 1, Call: "c", Source: "other/1", Vector: vector(10)}
	if a := r.book.Search(t.Context(), q); len(a.Candidates) > 0 {
		t.Error("vectors of two sources were compared")
	}
	q = bus.VoiceQuery{V: 1, Call: "c", Source: source, Vector: vector(10)}
	if a := r.book.Search(t.Context(), q); len(a.Candidates) != 1 || a.Candidates[0].Score != 1 || !slices.Equal(q.Vector, []float32{0, 0, 0}) {
		t.Errorf("%+v, and the vector is still there: %v", a, q.Vector)
	}
	r.store.broken = errors.New("disk full")
	if got := r.search(vector(10)); len(got) > 0 {
		t.Errorf("shown without standing in the trail: %v", got)
	}
	for _, bad := range [][]float32{nil, {1}, {0, 0, 0}, {float32(math.NaN()), 0, 0}} {
		if got := r.search(bad); len(got) > 0 {
			t.Errorf("%v: %v", bad, got)
		}
	}
}

// A voice ends with its limit, with the time for which voices are kept, and when they are turned off; from that moment on it is
// no candidate, and after the next renewal it is a tombstone (E-32).
func TestE32AVoiceEnds(t *testing.T) {
	for name, c := range map[string]struct {
		length, keep, after time.Duration
		off                 bool
		why                 string
	}{
		"with its limit":                  {length: 10 * day, keep: 180 * day, after: 10 * day, why: voices.Ended},
		"earlier, as people have decided": {length: 10 * day, keep: 5 * day, after: 5 * day, why: voices.Ended},
		"turned off":                      {length: 10 * day, keep: 180 * day, off: true, why: voices.Off},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			r.renew(true, 180*day)
			r.enrol("v", c.length)
			r.renew(true, c.keep)
			r.now = r.now.Add(max(0, c.after-time.Second))
			if r.renew(true, c.keep)[source] != 1 || len(r.search(vector(10))) != 1 {
				t.Error("over too early")
			}
			r.now = r.now.Add(2 * time.Second)
			if !c.off && len(r.search(vector(10))) > 0 {
				t.Error("a candidate after its end")
			}
			if n := r.renew(!c.off, c.keep); len(n) > 0 || len(r.search(vector(10))) > 0 {
				t.Errorf("%v can still be compared", n)
			}
			if p := r.store.prints[0]; p.Sealed != "" || p.Why != c.why || p.Case != "case" || r.store.trail[len(r.store.trail)-1].What != "trail.voice_erase" {
				t.Errorf("no tombstone: %+v", p)
			}
		})
	}
}

// What is lifted elsewhere is no candidate after the next renewal, and the store is scrubbed: once, and again where it failed.
func TestWhatTheStoreHasErasedIsForgotten(t *testing.T) {
	r := newRoom(t)
	r.renew(true, 180*day)
	r.enrol("v", day)
	r.enrol("w", day)
	r.renew(true, 180*day)
	if r.store.scrubs != 0 {
		t.Errorf("scrubbed %d times before anything was erased", r.store.scrubs)
	}
	r.store.prints[0].Sealed, r.store.unscrubbed = "", errors.New("somebody reads")
	if _, err := r.book.Renew(t.Context(), true, 180*day); !errors.Is(err, r.store.unscrubbed) {
		t.Errorf("nobody is told that what was erased is still in a file: %v", err)
	}
	r.store.unscrubbed = nil
	r.renew(true, 180*day)
	r.renew(true, 180*day)
	if r.store.scrubs != 2 {
		t.Errorf("scrubbed %d times, want once in vain and once", r.store.scrubs)
	}
	if n := r.renew(true, 180*day); n[source] != 1 || !slices.Equal(r.search(vector(10)), []string{"w"}) {
		t.Errorf("%v, found %v", n, r.search(vector(10)))
	}
}

// Without the key, or with another one, nothing is registered or compared, nothing is erased, the reason is told once and says what to
// do; no search fails.
func TestAKeyThatIsMissing(t *testing.T) {
	r := newRoom(t)
	r.renew(true, 180*day)
	r.enrol("v", day)
	right := r.book.Key
	for name, key := range map[string]*voices.Key{"none": nil, "another": newKey(t, 2)} {
		other := &voices.Book{Store: r.store, Key: key, NoKey: errors.New("office.voices.key_file names no file"), Now: r.book.Now, Log: r.book.Log, Embed: r.book.Embed, Folder: r.book.Folder}
		r.log.Reset()
		for range 3 {
			if n, err := other.Renew(t.Context(), true, 180*day); err != nil || len(n) > 0 {
				t.Errorf("%s: %v %v", name, n, err)
			}
		}
		if a := other.Search(t.Context(), bus.VoiceQuery{Source: source, Vector: vector(10)}); len(a.Candidates) > 0 {
			t.Errorf("%s: compared", name)
		}
		if n := strings.Count(r.log.String(), "level=ERROR"); n != 1 || !strings.Contains(r.log.String(), "key") {
			t.Errorf("%s: told %d times: %s", name, n, r.log.String())
		}
		if err := other.May(t.Context(), "bad", day); (err == nil) != (key != nil) || key == nil && (!errors.Is(err, voices.ErrKey) || !strings.Contains(err.Error(), "key_file")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again := &voices.Book{Store: r.store, Key: right, Now: r.book.Now, Log: r.book.Log}
	if n, err := again.Renew(t.Context(), true, 180*day); err != nil || n[source] != 1 {
		t.Errorf("with the right key again: %v %v", n, err)
	}
}

// A vector sealed for one print opens for no other, and no error or log line has a part of it.
func TestASealedVectorBelongsToItsPrint(t *testing.T) {
	k, p, v := newKey(t, 1), voices.Print{ID: "v", Limit: "l", Case: "c", Source: source}, vector(33)
	var err error
	if p.Sealed, err = k.Seal(p, v); err != nil {
		t.Fatal(err)
	}
	again, err := k.Seal(p, v)
	if err != nil || again == p.Sealed {
		t.Error("sealed twice with the same nonce")
	}
	if got, err := k.Open(p); err != nil || !slices.Equal(got, v) {
		t.Error(got, err)
	}
	for name, change := range map[string]func(*voices.Print){
		"another voice": func(p *voices.Print) { p.ID = "w" }, "another limit": func(p *voices.Print) { p.Limit = "m" }, "another case": func(p *voices.Print) { p.Case = "d" },
		"another source": func(p *voices.Print) { p.Source = "x" }, "cut off": func(p *voices.Print) { p.Sealed = p.Sealed[:8] }, "a tombstone": func(p *voices.Print) { p.Sealed = "" },
	} {
		o := p
		change(&o)
		if got, err := k.Open(o); err == nil || strings.Contains(err.Error(), fmt.Sprint(v[0])) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if _, err := newKey(t, 2).Open(p); err == nil {
		t.Error("opened with another key")
	}
	secret := strings.Repeat("k", 40)
	for _, bad := range []string{"", "short", secret, base64.StdEncoding.EncodeToString(make([]byte, 16))} {
		if _, err := voices.NewKey(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) || !strings.Contains(err.Error(), "openssl rand -base64 32") {
			t.Errorf("key of %d letters: %v", len(bad), err)
		}
	}
}

// Whatever stands in the database opens to what was sealed, or to an error.
func FuzzOpen(f *testing.F) {
	k, err := voices.NewKey(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		f.Fatal(err)
	}
	p := voices.Print{ID: "v", Limit: "l", Case: "c", Source: source}
	sealed, err := k.Seal(p, vector(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:20])
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		p.Sealed = s
		if got, err := k.Open(p); err == nil && !slices.Equal(got, vector(1)) {
			t.Errorf("%q opened to %v", s, got)
		}
	})
}
