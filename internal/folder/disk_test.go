package folder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A stalled file answers nothing until its channel is closed.
type stalled struct {
	*os.File
	hangs *chan struct{}
}

func (f stalled) wait() {
	if *f.hangs != nil {
		<-*f.hangs
	}
}

// WriteAt waits for the disk.
func (f stalled) WriteAt(b []byte, at int64) (int, error) {
	f.wait()
	return f.File.WriteAt(b, at)
}

// Sync waits for the disk.
func (f stalled) Sync() error {
	f.wait()
	return f.File.Sync()
}

// stall makes a folder whose disk hangs from the time hang is called until the other function is.
func stall(t *testing.T) (w *Writer, hang, goOn func()) {
	t.Helper()
	var hangs chan struct{}
	w = write(t, Options{Open: func(path string) (File, error) {
		f, err := createNew(path)
		if err != nil {
			return nil, err
		}
		return stalled{f.(*os.File), &hangs}, nil
	}})
	return w, func() { hangs = make(chan struct{}) }, func() { close(hangs); synctest.Wait(); hangs = nil }
}

// A disk that hangs holds nobody who writes a journal: at first it is only slow, then it is said that it does not answer. Nothing is lost and
// the order stays, also when it hangs while lines are brought to the disk.
func TestAHungDiskHoldsNoJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, hang, goOn := stall(t)
		note(t, w, 10, "one")
		hang()
		begun := time.Now()
		note(t, w, 20, "two")
		note(t, w, 30, "three")
		if took := time.Since(begun); took > 100*time.Millisecond {
			t.Errorf("two lines waited %v", took)
		}
		if err := w.Sync(); !errors.Is(err, ErrUnanswered) || time.Since(begun) > 3*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		begun = time.Now()
		for range 100 {
			if _, err := w.Append(40, began, KindEvidence, "four"); !errors.Is(err, ErrUnanswered) {
				t.Fatalf("got %v", err)
			}
		}
		if err := w.Sync(); !errors.Is(err, ErrUnanswered) || time.Since(begun) > 0 {
			t.Errorf("a disk that is known to hang is waited for again, for %v: %v", time.Since(begun), err)
		}
		goOn()
		note(t, w, 50, "last")
		if _, err := w.Seal(60, began, nil); err != nil {
			t.Fatal(err)
		}
		if s, err := Verify(w.Dir); err != nil || s.Lines != 104 {
			t.Errorf("%d lines, %v", s.Lines, err)
		}
	})
}

// Sound that a hung disk does not take is lost and said to be, nobody waits for it twice, and a folder can't be sealed as long.
func TestAHungDiskHoldsNoRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, hang, goOn := stall(t)
		r := w.Recorder(call.Caller)
		if _, err := r.Write(tone(0, 8000, 0x20)); err != nil {
			t.Fatal(err)
		}
		hang()
		begun := time.Now()
		for i := range int64(50) {
			if _, err := r.Write(tone(8000+i*800, 800, 0x30)); err != nil && !errors.Is(err, ErrUnanswered) {
				t.Fatal(err)
			}
		}
		if _, err := w.Seal(7000, began, nil); !errors.Is(err, ErrUnanswered) {
			t.Errorf("sealed on a hung disk: %v", err)
		}
		if took := time.Since(begun); took > 2*soundWait {
			t.Errorf("waited for %v", took)
		}
		goOn()
		if _, err := w.Seal(7000, began, nil); err != nil {
			t.Fatal(err)
		}
		s, err := Verify(w.Dir)
		if err != nil || len(s.Lost) != 1 {
			t.Errorf("%+v %v", s, err)
		}
		_, got, err := audio.ReadG711File(filepath.Join(w.Dir, CallerWAV))
		if err != nil || len(got) != 56000 || got[7999] != 0x20 || got[8000] != audio.PCMU.Silence() {
			t.Errorf("%d octets of sound, %v", len(got), err)
		}
	})
}

// A folder whose files the disk is slow to give is there when it gives them.
func TestAFolderThatTheDiskIsSlowToMake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		w := Late(t.TempDir(), call.NewID(), began, Options{Open: func(path string) (File, error) {
			<-slow
			return createNew(path)
		}})
		if err := w.Make(); !errors.Is(err, ErrUnanswered) {
			t.Errorf("got %v", err)
		}
		if _, err := w.Append(1, began, KindEvidence, "first"); err != nil {
			t.Error(err)
		}
		if _, err := w.Recorder(call.Agent).Write(tone(0, 8000, 0x20)); !errors.Is(err, ErrUnanswered) {
			t.Errorf("got %v", err)
		}
		close(slow)
		synctest.Wait()
		if _, err := w.Seal(2000, began, nil); err != nil {
			t.Fatal(err)
		}
		if s, err := Verify(w.Dir); err != nil || s.Lines != 2 || len(s.Lost) != 1 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

// A folder that is sealed is sealed, though one of its files can't be closed.
func TestAFileThatCantBeClosed(t *testing.T) {
	w := write(t, Options{Open: func(path string) (File, error) {
		f, err := createNew(path)
		if err != nil {
			return nil, err
		}
		return unclosable{f.(*os.File)}, nil
	}})
	note(t, w, 10, "one")
	if _, err := w.Seal(1000, began, nil); err != nil {
		t.Errorf("sealed and not known to be: %v", err)
	}
	if _, err := Verify(w.Dir); err != nil {
		t.Error(err)
	}
}

type unclosable struct{ *os.File }

// Close closes the file and says that it can't.
func (f unclosable) Close() error {
	return errors.Join(f.File.Close(), errors.New("input/output error"))
}
