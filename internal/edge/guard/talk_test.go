package guard

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/call"
	"commusafe/internal/course"
	"commusafe/internal/dialogue"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/replay"
)

// lines reads the journal of the scenario's call.
func (s *scenario) lines() []folder.Line {
	s.t.Helper()
	var out []folder.Line
	if err := folder.Read(s.dir, func(l folder.Line) error { out = append(out, l); return nil }); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// file reads the lines of a scenario file.
func file(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		out = append(out, sc.Text())
	}
	return out
}

// Every step of a dialogue stands in the journal, so that the measures of C3 come out of it, and a turn that was written
// otherwise is found by the replay.
func TestTheJournalHasTheWholeDialogue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, policy.PresetAuto)
		s.run(file(t, "96-bot-not-understood.txt"))
		got, err := replay.Folder(s.dir, s.guard.Judge)
		if err != nil || got.Differs != "" || len(got.Dialogues) != 1 {
			t.Fatalf("%+v %v", got, err)
		}
		want := dialogue.Measure{Exit: dialogue.NotUnderstood, Questions: 2, Repeats: 1, LeftMS: call.At(promptLength)}
		d := got.Dialogues[0]
		if d.Exit != want.Exit || d.Questions != want.Questions || d.Repeats != want.Repeats || d.LeftMS != want.LeftMS {
			t.Errorf("measured %+v, want %+v", d, want)
		}
		var turns, told []string
		for _, l := range s.lines() {
			switch l.Kind {
			case folder.KindTurn:
				var turn course.TurnLine
				if err := json.Unmarshal(l.Data, &turn); err != nil {
					t.Fatal(err)
				}
				turns = append(turns, string(turn.Do))
			case folder.KindDialogue:
				var e dialogue.Event
				if err := json.Unmarshal(l.Data, &e); err != nil {
					t.Fatal(err)
				}
				told = append(told, string(e.Kind))
			}
		}
		if got := strings.Join(turns, " "); got != "say ask ask say transfer" {
			t.Errorf("turns: %s", got)
		}
		if got := strings.Join(told, " "); got != "began prompt_ended prompt_ended turn_ended prompt_ended turn_ended prompt_ended" {
			t.Errorf("told: %s", got)
		}
		for name, forge := range map[string]func(*course.TurnLine){
			"another prompt":  func(l *course.TurnLine) { l.Prompts = []string{"bot_thanks"} },
			"another command": func(l *course.TurnLine) { l.Do = dialogue.End },
			"another count":   func(l *course.TurnLine) { l.State.Asked.Purpose = 0 },
		} {
			if differs := forged(t, s, forge); differs == "" {
				t.Errorf("%s in a turn is not found by the replay", name)
			}
		}
		if differs := forged(t, s, func(*course.TurnLine) {}); differs != "" {
			t.Errorf("the same lines again: %s", differs)
		}
	})
}

// forged writes the journal anew with the second turn changed, and replays it.
func forged(t *testing.T, s *scenario, forge func(*course.TurnLine)) string {
	t.Helper()
	w, err := folder.Create(t.TempDir(), s.guard.Call.ID, s.began, folder.Options{Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range s.lines() {
		data := any(l.Data)
		if l.Kind == folder.KindTurn {
			if n++; n == 2 {
				var turn course.TurnLine
				if err := json.Unmarshal(l.Data, &turn); err != nil {
					t.Fatal(err)
				}
				forge(&turn)
				data = turn
			}
		}
		if _, err := w.Append(l.AtMS, l.Wall, l.Kind, data); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Seal(0, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Folder(w.Dir, s.guard.Judge)
	if err != nil {
		t.Fatal(err)
	}
	return r.Differs
}

// The console knows while the dialogue runs what the caller has said so far.
func TestTheConsoleSeesTheDialogue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, policy.PresetAuto)
		s.run([]string{"voicebot-first", "recognition", "at 28s caller says 紙の袋を注文したいのですが", "at 33s"})
		if b := s.last.Bot; b == nil || b.Topic != dialogue.Order || b.Said != "紙の袋を注文したいのですが" || b.Ref == "" || len(b.Ref) != 6 {
			t.Errorf("%+v", b)
		}
		if b := s.last.Bot; b.Exit != dialogue.HungUp { // the scenario's end is the caller's
			t.Errorf("%+v", b)
		}
	})
}

// An engine that is there only later is heard of: from then on the caller is asked for words.
func TestAnEngineJoinsTheDialogue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, policy.PresetAuto)
		s.guard.First = policy.Voicebot
		go func() {
			s.notes <- Note{Heard: &Hearing{Listener: "l", Engine: "builtin/1"}}
			s.notes <- Note{Heard: &Hearing{Listener: "l", Engine: "builtin/1 + sherpa/x"}}
		}()
		s.run([]string{"at 13s", "expect plays bot_greet bot_purpose"})
	})
}

func TestWhichEnginesGiveWords(t *testing.T) {
	for engines, want := range map[string]bool{"": false, "builtin/1": false, "builtin/1 + sherpa/x": true, "amivoice/general": true} {
		if transcribes(engines) != want {
			t.Errorf("%q", engines)
		}
	}
}

// A command that was refused is refused when it is repeated, too: nobody is told that it was done.
func TestARefusedCommandThatIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScenario(t, policy.PresetAsk)
		w, err := folder.Create(t.TempDir(), s.guard.Call.ID, s.began, folder.Options{Program: "test"})
		if err != nil {
			t.Fatal(err)
		}
		s.guard.Journal = w
		s.guard.Prepare()
		done := make(chan struct{})
		go func() { defer close(done); s.guard.Watch(t.Context(), s.items, s.notes) }()
		for range 2 {
			if err := s.guard.Do(t.Context(), "a", policy.Command{Do: policy.CommandAnnounce, By: "op7"}); err != nil {
				t.Errorf("a command that is done: %v", err)
			}
		}
		for range 2 {
			if err := s.guard.Do(t.Context(), "b", policy.Command{Do: policy.CommandWarn, By: "op7"}); !errors.Is(err, policy.ErrBusy) {
				t.Errorf("a command beside another: %v", err)
			}
		}
		s.line.end(call.EndReason{By: call.ByCaller, Why: "hangup"})
		close(s.items)
		close(s.notes)
		<-done
		if _, err := w.Seal(0, time.Now(), nil); err != nil {
			t.Error(err)
		}
	})
}
