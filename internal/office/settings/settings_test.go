package settings

import (
	"context"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/policy"
)

// empty is a store in which nobody has decided anything; its revision grows when something changes.
type empty struct{ revision int64 }

func (e *empty) PutSettings(context.Context, Version, staff.Deed) (bool, error) { return true, nil }
func (e *empty) LastSettings(context.Context) (Version, error)                  { return Version{}, fs.ErrNotExist }
func (e *empty) Revision(context.Context) (int64, error)                        { return e.revision, nil }
func (e *empty) LimitsInForce(context.Context, time.Time) ([]policy.Limit, error) {
	return nil, nil
}
func (e *empty) CutsOn(context.Context, string) (int, error) { return 0, nil }

// A lexicon that the judge refuses leaves the one before in force and says where it is wrong; at the very start that is the
// shipped one. When it is put right, it is in force and nothing is said any more.
func TestWordsThatTheJudgeRefuses(t *testing.T) {
	shipped := judge.Lexicon{Version: "shipped/0", Sheets: []judge.Sheet{{Category: judge.Abuse, Entries: []judge.Entry{{ID: "A", Surface: "ばか野郎", Level: judge.Caution}}}}}
	own := func(version int64, surface string) judge.Own {
		return judge.Own{Version: version, Sheets: []judge.Sheet{{Category: judge.Threat, Entries: []judge.Entry{{ID: "OWN-1", Surface: surface, Level: judge.Warning}}}}}
	}
	var published []bus.Settings
	s := &empty{}
	words := own(1, "看板(に")
	k := &Keeper{Store: s, Publish: func(b bus.Settings) error { published = append(published, b); return nil }, Changed: func(bus.Settings) {},
		Lexicon: func(context.Context) (judge.Lexicon, error) { return shipped.With(words), nil }, Log: slog.New(slog.DiscardHandler)}
	k.Prepare()
	renew := func(want string, trouble bool) {
		t.Helper()
		s.revision++
		if err := k.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := k.Snapshot(); got.Lexicon.Name() != want || got.Version != s.revision {
			t.Errorf("in force %q, version %d, want %q, %d", got.Lexicon.Name(), got.Version, want, s.revision)
		}
		if why := k.LexiconTrouble(); (why != "") != trouble || trouble && !strings.Contains(why, "OWN-1") {
			t.Errorf("trouble %q", why)
		}
	}
	renew("shipped/0", true)
	words = own(2, "看板に味噌")
	renew("shipped/0 own/2", false)
	words = own(3, "<無い>に味噌")
	renew("shipped/0 own/2", true)
	words = own(4, "門に砂糖")
	renew("shipped/0 own/4", false)
	words = judge.Own{Version: 5}
	renew("shipped/0", false)
	if len(published) != 4 || published[0].Lexicon.Name() != "shipped/0 own/2" {
		t.Errorf("%d snapshots published", len(published))
	}
}

// overtaken is a store in which somebody puts settings right after they were read once.
type overtaken struct {
	empty
	versions []Version
	reads    int
}

func (o *overtaken) LastSettings(context.Context) (Version, error) {
	o.reads++
	v := o.versions[0]
	if len(o.versions) > 1 {
		o.versions, o.revision = o.versions[1:], o.revision+1
	}
	return v, nil
}

// Settings that are put while a snapshot is being built are never left behind under their own number: edges would keep the old ones for
// as long as nothing else changes.
func TestSettingsThatAreChangedWhileASnapshotIsBuilt(t *testing.T) {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	version := func(n int64, p policy.Preset) Version {
		return Version{Version: n, Data: Data{Rules: policy.ShippedRules(p), Thresholds: judge.ShippedThresholds()}}
	}
	at := map[int64]policy.Preset{} // what edges hold: the first that came under a number
	s := &overtaken{empty: empty{revision: 7}, versions: []Version{version(1, policy.PresetAuto)}}
	k := &Keeper{Store: s, Changed: func(bus.Settings) {}, Log: slog.New(slog.DiscardHandler), Lexicon: func(context.Context) (judge.Lexicon, error) { return lexicon, nil },
		Publish: func(b bus.Settings) error {
			if _, there := at[b.Version]; !there {
				at[b.Version] = b.Rules.Preset
			}
			return nil
		}}
	k.Prepare()
	if err := k.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.versions = append(s.versions, version(2, policy.PresetWatch))
	for range 2 { // the second is that of who has changed them
		if err := k.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if at[8] != policy.PresetWatch {
		t.Errorf("edges hold %q under number 8 for ever; in force is %q", at[8], k.Snapshot().Rules.Preset)
	}
}

// silent is a store that never answers the first question that a renewal asks of it.
type silent struct {
	empty
	asked int
}

func (s *silent) Revision(ctx context.Context) (int64, error) {
	if s.asked++; s.asked == 2 { // the first is that of the start
		<-ctx.Done()
		return 0, ctx.Err()
	}
	return int64(s.asked), nil
}

// A question to the store that is never answered does not end the renewals: what is changed afterwards is in force.
func TestAStoreThatDoesNotAnswer(t *testing.T) {
	lexicon, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		k := &Keeper{Store: &silent{}, Publish: func(bus.Settings) error { return nil }, Changed: func(bus.Settings) {}, Log: slog.New(slog.DiscardHandler),
			Lexicon: func(context.Context) (judge.Lexicon, error) { return lexicon, nil }}
		k.Prepare()
		if err := k.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { k.Run(ctx); close(ended) }()
		time.Sleep(3 * time.Minute)
		if v := k.Snapshot().Version; v < 3 {
			t.Errorf("version %d is in force after three minutes", v)
		}
		cancel()
		<-ended
	})
}
