package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

var began = time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)

func write(t *testing.T, opt Options) *Writer {
	t.Helper()
	w, err := Create(t.TempDir(), call.NewID(), began, opt)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func note(t *testing.T, w *Writer, at call.Millis, text string) {
	t.Helper()
	if _, err := w.Append(at, began.Add(at.Duration()), KindEvidence, map[string]string{"text": text}); err != nil {
		t.Fatal(err)
	}
}

func tone(at int64, n int, fill byte) audio.Octets {
	return audio.Octets{Sample: at, Codec: audio.PCMU, Data: bytes.Repeat([]byte{fill}, n)}
}

func sealed(t *testing.T) string {
	w := write(t, Options{Program: "test"})
	note(t, w, 10, "one")
	for i := range int64(50) {
		if i == 10 {
			continue // a lost packet
		}
		if _, err := w.Recorder(call.Caller).Write(tone(800+i*160, 160, 0x20)); err != nil {
			t.Fatal(err)
		}
	}
	note(t, w, 1000, "two")
	if _, err := w.Seal(2000, began.Add(2*time.Second), map[string]int{"packets": 50}); err != nil {
		t.Fatal(err)
	}
	return w.Dir
}

func TestASealedFolderProves(t *testing.T) {
	dir := sealed(t)
	s, err := Verify(dir)
	if err != nil || s.State != Sealed || s.Lines != 2 {
		t.Fatalf("%+v %v", s, err)
	}
	_, octets, err := audio.ReadG711File(filepath.Join(dir, CallerWAV))
	if err != nil || len(octets) != 16000 {
		t.Fatalf("%d octets %v, want the whole call of two seconds", len(octets), err)
	}
	if octets[799] != 0xFF || octets[800] != 0x20 || octets[800+10*160] != 0xFF || octets[800+11*160] != 0x20 || octets[15999] != 0xFF {
		t.Error("sound is not at its place, or gaps are not silence")
	}
}

// Each way of falsifying a folder is found and named.
func TestAChangedFolderIsBroken(t *testing.T) {
	for want, change := range map[string]func(dir string) error{
		"journal.jsonl line 1":       func(dir string) error { return replace(dir, JournalFile, "one", "ONE") },
		"journal.jsonl line 2 ends":  func(dir string) error { return cut(dir, JournalFile, 1) },
		"caller.wav is not what":     func(dir string) error { return cut(dir, CallerWAV, 100) },
		"agent.wav":                  func(dir string) error { return os.Remove(filepath.Join(dir, AgentWAV)) },
		"seal.json can't be read":    func(dir string) error { return cut(dir, SealFile, 10) },
		"the folder is open":         func(dir string) error { return os.Remove(filepath.Join(dir, SealFile)) },
		"the seal says":              func(dir string) error { return dropLastLine(dir) },
		"journal.jsonl is not what ": func(dir string) error { return replace(dir, SealFile, `"sha256": "`, `"sha256": "0`) },
	} {
		dir := sealed(t)
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		_, err := Verify(dir)
		if want == "journal.jsonl line 1" {
			want = "journal.jsonl line 2 doesn't follow" // the line after the changed one shows it
		}
		if strings.HasPrefix(want, "journal.jsonl is not what") {
			want = "is not what was sealed"
		}
		if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := Verify(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a call folder") {
		t.Errorf("an empty folder: %v", err)
	}
}

func replace(dir, name, old, new string) error {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), bytes.Replace(b, []byte(old), []byte(new), 1), 0o640)
}

func cut(dir, name string, n int64) error {
	st, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return os.Truncate(filepath.Join(dir, name), st.Size()-n)
}

func dropLastLine(dir string) error {
	path := filepath.Join(dir, JournalFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b = b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1]
	return os.WriteFile(path, b, 0o640)
}

// A killed edge leaves an open folder, its last line torn; recovery keeps all whole lines and the sound.
func TestRecovery(t *testing.T) {
	w := write(t, Options{Program: "test"})
	note(t, w, 10, "one")
	note(t, w, 700, "two")
	for i := range int64(100) {
		if _, err := w.Recorder(call.Agent).Write(tone(i*160, 160, 0x30)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(filepath.Join(w.Dir, JournalFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"seq":2,"at_ms":9`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	calls := filepath.Join(w.Dir, "..", "..", "..", "..")
	open, err := Unsealed(calls)
	if err != nil || len(open) != 1 {
		t.Fatalf("%v %v", open, err)
	}
	s, err := Recover(open[0], "test", began.Add(time.Hour))
	if err != nil || s.State != Recovered || s.Lines != 3 || len(s.Lost) == 0 {
		t.Fatalf("%+v %v", s, err)
	}
	if _, err := Verify(w.Dir); err != nil {
		t.Error(err)
	}
	if open, _ := Unsealed(calls); len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
	_, octets, err := audio.ReadG711File(filepath.Join(w.Dir, AgentWAV))
	if err != nil || len(octets) != 16000 {
		t.Errorf("%d octets of sound recovered, %v", len(octets), err)
	}
	if why := whys(t, w.Dir); len(why) != 1 || why[0] != "gap.edge_died" {
		t.Errorf("reasons %v", why)
	}
}

// whys gives the reasons of the gaps in a journal; people read them by the catalogue.
func whys(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := Read(dir, func(l Line) error {
		var g struct{ Why string }
		if l.Kind != KindGap {
			return nil
		}
		err := json.Unmarshal(l.Data, &g)
		out = append(out, g.Why)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

// A full disk loses sound, never the journal's chain, and says what it lost as soon as it can.
type fullDisk struct {
	*os.File
	full *bool
}

func (f fullDisk) WriteAt(b []byte, at int64) (int, error) {
	if *f.full {
		n, err := f.File.WriteAt(b[:len(b)/2], at)
		if err != nil {
			return n, err
		}
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(b, at)
}

func TestFullDisk(t *testing.T) {
	full := false
	w := write(t, Options{Program: "test", Open: func(path string) (File, error) {
		f, err := createNew(path)
		if err != nil {
			return nil, err
		}
		return fullDisk{f.(*os.File), &full}, nil
	}})
	note(t, w, 10, "before")
	full = true
	if _, err := w.Append(500, began, KindEvidence, "during"); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	var lost *LostStretch
	for i := range int64(150) {
		full = i < 75
		back, err := w.Recorder(call.Caller).Write(tone(i*160, 160, 0x20))
		if full && err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		if back != nil {
			lost = back
		}
	}
	if lost == nil || lost.From != 0 || lost.To < 8000 {
		t.Fatalf("lost stretch %+v", lost)
	}
	note(t, w, 3000, "after")
	full = true
	if _, err := w.Recorder(call.Agent).Write(tone(0, 800, 0x20)); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	for range 2 {
		if _, err := w.Seal(3000, began, nil); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("got %v: a full disk lets no folder be sealed", err)
		}
	}
	full = false
	if _, err := w.Seal(3000, began, nil); err != nil {
		t.Fatal(err)
	}
	s, err := Verify(w.Dir)
	if err != nil || s.Lines < 4 || len(s.Lost) != 2 || s.Lost[1] != "agent.wav: 0-100 ms" {
		t.Errorf("%+v %v: the journal must be whole, and the seal say what is missing", s, err)
	}
	if why := slices.Compact(whys(t, w.Dir)); len(why) != 1 || why[0] != "gap.disk_refused" {
		t.Errorf("reasons %v", why)
	}
}

// While a disk refuses for long, a stretch of sound costs one try of half a second's size, however long it has been; then
// everything stands at its place.
func TestALongOutageOfTheDiskCostsLittle(t *testing.T) {
	full, largest := false, 0
	w := write(t, Options{Open: func(path string) (File, error) {
		f, err := createNew(path)
		if err != nil {
			return nil, err
		}
		return sizedDisk{fullDisk{f.(*os.File), &full}, &largest}, nil
	}})
	r := w.Recorder(call.Caller)
	const minute = 60 * audio.SampleRate
	for i := range int64(10) {
		if _, err := r.Write(tone(i*800, 800, 0x20)); err != nil {
			t.Fatal(err)
		}
	}
	full = true
	for i := range int64(20) {
		if _, err := r.Write(tone(30*minute+i*800, 800, 0x20)); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("got %v", err)
		}
	}
	full = false
	back, err := r.Write(tone(31*minute, 800, 0x20))
	if err != nil || back == nil || back.To != 30*minute+20*800 {
		t.Errorf("%+v %v", back, err)
	}
	if _, err := w.Seal(call.Millis(31*minute/audio.SamplesPerMS+100), began, nil); err != nil {
		t.Fatal(err)
	}
	if largest > 2*flushAt {
		t.Errorf("%d octets in one write", largest)
	}
	_, octets, err := audio.ReadG711File(filepath.Join(w.Dir, CallerWAV))
	if err != nil || len(octets) != 31*minute+800 || octets[31*minute] != 0x20 || octets[31*minute-1] != audio.PCMU.Silence() {
		t.Errorf("%d octets of sound, %v", len(octets), err)
	}
}

// A sizedDisk remembers the largest write.
type sizedDisk struct {
	fullDisk
	largest *int
}

func (d sizedDisk) WriteAt(b []byte, at int64) (int, error) {
	*d.largest = max(*d.largest, len(b))
	return d.fullDisk.WriteAt(b, at)
}

func TestAFolderIsNeverOverwritten(t *testing.T) {
	root, id := t.TempDir(), call.NewID()
	w, err := Create(root, id, began, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, id, began, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Seal(0, began, nil); err != nil {
		t.Error(err)
	}
}

func TestOverlappingSoundIsWrittenOnce(t *testing.T) {
	w := write(t, Options{})
	r := w.Recorder(call.Caller)
	for _, o := range []audio.Octets{tone(0, 160, 1), tone(80, 160, 2), tone(0, 160, 3), tone(240, 80, 4), {Sample: 320, Codec: audio.PCMA, Data: []byte{0xD5}}, tone(1<<60, 160, 9)} {
		if _, err := r.Write(o); err != nil && o.Sample < 1<<50 {
			t.Fatal(err)
		}
	}
	if _, err := w.Seal(0, began, nil); err != nil {
		t.Fatal(err)
	}
	_, got, err := audio.ReadG711File(filepath.Join(w.Dir, CallerWAV))
	if err != nil || len(got) != 321 || got[159] != 1 || got[160] != 2 || got[240] != 4 {
		t.Errorf("%d %v", len(got), err)
	}
	if _, err := Verify(w.Dir); err != nil {
		t.Error(err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"seq":0,"at_ms":1,"wall":"2026-11-23T00:00:00Z","kind":"call","v":1,"data":{},"prev":"e3b0"}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), JournalFile)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Skip()
		}
		n, _, err := checkJournal(path, Hash(nil))
		if err == nil && n != bytes.Count(b, []byte("\n")) {
			t.Error("a line was passed over")
		}
	})
}
