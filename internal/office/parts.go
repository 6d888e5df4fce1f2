package office

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/config"
	"commusafe/internal/health"
	"commusafe/internal/judge"
	"commusafe/internal/office/after"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/intake"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/office/limits"
	"commusafe/internal/office/notify"
	"commusafe/internal/office/notify/webhook"
	"commusafe/internal/office/opinion"
	"commusafe/internal/office/settings"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/trial"
	"commusafe/internal/office/voices"
	"commusafe/internal/office/web"
	"commusafe/internal/policy"
)

// escalateAfter is how long a notice waits for a person before it goes to all supervisors (E-03).
const escalateAfter = 20 * time.Second

// parts are everything the office is made of.
type parts struct {
	cfg       config.Config
	link      *bus.Link
	log       *slog.Logger
	store     *store.Store
	staff     *staff.Book
	limits    *limits.Ledger
	voices    *voices.Book
	lexicon   *lexicon.Book
	settings  *settings.Keeper
	notices   *notify.Desk
	courier   *notify.Courier
	hook      *webhook.Hook // nil without one
	live      *intake.Live
	shelf     *intake.Shelf
	memory    intake.Memory
	after     *after.Desk
	opinion   *opinion.Desk
	trials    *trial.Desk
	processes *processes
	web       *web.Server

	taken, broken atomic.Int64
}

// Database gives where the data is: office.database, or a file below data_dir.
func Database(cfg config.Config) string {
	if cfg.Office.Database != "" {
		return cfg.Office.Database
	}
	return filepath.Join(cfg.DB(), "office.sqlite")
}

// newParts opens the store and puts everything together.
func newParts(ctx context.Context, cfg config.Config, link *bus.Link, log *slog.Logger, version string) (*parts, error) {
	shipped, err := judge.ShippedLexicon()
	if err != nil {
		return nil, err
	}
	rules, err := judge.ShippedRules()
	if err != nil {
		return nil, err
	}
	p := &parts{cfg: cfg, link: link, log: log, processes: &processes{}}
	if p.store, err = store.Open(ctx, Database(cfg)); err != nil {
		return nil, err
	}
	p.staff = &staff.Book{Store: p.store}
	p.lexicon = &lexicon.Book{Store: p.store, Shipped: shipped, Changed: p.wordsChanged}
	p.settings = &settings.Keeper{Store: p.store, Lexicon: p.lexicon.InForce, Publish: link.PublishSettings, Log: log,
		ShadowReport: p.reported, Changed: func(bus.Settings) { p.web.SettingsChanged() }}
	p.settings.Prepare()
	if err := p.registerVoices(); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.memory = intake.Memory{Calls: p.store.CallsOfNumber, Limits: func() []policy.Limit { return p.settings.Snapshot().Limits }, Now: time.Now}
	p.limits = &limits.Ledger{Store: p.store, Public: func() bool { return p.settings.Snapshot().Rules.Public }, Accommodated: p.memory.Accommodated,
		Changed: func() { p.settings.Poke(); p.web.LimitsChanged() }, Voices: p.voices}
	if err := p.channels(); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.live = &intake.Live{Follow: follow{p}, Log: log, Changed: func(v bus.CallView) { p.web.CallChanged(v) }, Gone: func(id call.ID) { p.web.CallGone(id) }}
	p.live.Prepare()
	p.shelf = newShelf(cfg, p.store, rules, p.limits, log)
	p.shelf.Taken = p.folderTaken
	p.after = &after.Desk{Log: log, Store: p.store, Machine: cfg.Edge.Name, Find: p.folderOf}
	if cfg.Office.Transcribe.URL != "" || slices.Contains(cfg.Listener.Engines, "sherpa") {
		command, err := child(cfg, "transcribe")
		if err != nil {
			return nil, errors.Join(err, p.store.Close())
		}
		p.after.Transcribe = after.Child(command)
	}
	p.after.Prepare()
	if err := p.secondOpinion(); err != nil {
		return nil, errors.Join(err, p.store.Close())
	}
	p.trials = &trial.Desk{Calls: cfg.Calls(), Store: p.store, InForce: p.inForce, Reported: p.settings.Poke, Log: log}
	p.trials.Prepare()
	p.web = web.New(web.Config{After: p.after, Opinion: p.opinion, Trials: p.trials, Version: version, Calls: cfg.Calls(), Store: p.store, Staff: p.staff, Limits: p.limits, Voices: p.voices, Lexicon: p.lexicon, Notices: p.notices,
		Incidents: &incident.Book{Store: p.store, Cleared: p.cleared}, Settings: p.settings, Live: p.live, Command: link.Command, Processes: p.processes.list,
		Look: link.PublishLook, Rough: p.rough, BusUp: link.Up, Secure: cfg.Office.SecureCookie, Log: log}, health.Handler(p.ready, p.gauges()))
	p.processes.changed = p.web.HealthChanged
	p.processes.own = p.beat
	if err := errors.Join(p.firstStart(ctx), p.settings.Renew(ctx), p.trials.Recall(ctx)); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func newShelf(cfg config.Config, s *store.Store, rules *judge.Rules, l *limits.Ledger, log *slog.Logger) *intake.Shelf {
	return &intake.Shelf{Calls: cfg.Calls(), Store: s, Rules: rules, Limit: l.Provisional, Suggest: l.Suggest, Taken: func(intake.Folder) {}, Log: log}
}

// child is the command of a process of our own that works on one folder.
func child(cfg config.Config, what string) ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if cfg.Path == "" {
		return []string{program, what}, nil
	}
	return []string{program, "--config", cfg.Path, what}, nil
}

// registerVoices makes the book of registered voices. Without a key nothing is registered or compared, and all else works.
func (p *parts) registerVoices() error {
	command, err := child(p.cfg, "voice")
	if err != nil {
		return err
	}
	p.voices = &voices.Book{Store: p.store, Embed: voices.Child(command), Folder: p.folderOf, Now: time.Now, Log: p.log}
	p.settings.Voices, p.settings.VoiceReady = p.voices.Renew, p.voices.Ready
	v := p.cfg.Office.Voices
	if v.KeyFile == "" && v.KeyEnv == "" {
		p.voices.NoKey = errors.New("office.voices.key_file names no file: openssl rand -base64 32 makes a key")
		return nil
	}
	text, err := config.Secret(v.KeyFile, v.KeyEnv)
	if err == nil {
		p.voices.Key, err = voices.NewKey(text)
	}
	if err != nil {
		p.voices.NoKey = fmt.Errorf("office.voices: %w", err)
		p.log.Error("voices can be neither registered nor compared; everything else works", slog.Any("error", p.voices.NoKey))
	}
	return nil
}

// secondOpinion makes the desk that asks a service about calls; without one it is off.
func (p *parts) secondOpinion() error {
	p.opinion = &opinion.Desk{Log: p.log}
	p.opinion.Prepare()
	if p.cfg.Office.SecondOpinion.URL == "" {
		return nil
	}
	chat, err := newChat(p.cfg)
	if err != nil {
		return err
	}
	p.opinion.Service = chat
	return nil
}

// channels makes the notices' desk and those that deliver outside.
func (p *parts) channels() error {
	p.courier = &notify.Courier{Outbox: p.store, Log: p.log}
	p.courier.Prepare()
	p.notices = &notify.Desk{Store: p.store, After: escalateAfter, Log: p.log, Sent: p.courier.Poke,
		Changed: func(n notify.Notice) { p.web.NoticeChanged(n) }}
	if p.cfg.Office.Webhook.URL == "" {
		return nil
	}
	var err error
	if p.hook, err = newHook(p.cfg); err != nil {
		return err
	}
	p.courier.Channels = []notify.Channel{p.hook}
	p.notices.Channels = []string{p.hook.Name()}
	return nil
}

// newHook makes the webhook that is configured.
func newHook(cfg config.Config) (*webhook.Hook, error) {
	w := cfg.Office.Webhook
	secret, err := os.ReadFile(w.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("office.webhook.secret_file: %w; write a secret of at least 16 characters into that file, readable by commusafe only", err)
	}
	h, err := webhook.New(webhook.Config{URL: w.URL, Secret: []byte(strings.TrimSpace(string(secret))), Private: w.Private})
	if err != nil {
		return nil, fmt.Errorf("office.%w", err)
	}
	return h, nil
}

// newChat makes the service of second opinions that is configured.
func newChat(cfg config.Config) (*opinion.Chat, error) {
	o, key := cfg.Office.SecondOpinion, ""
	if o.KeyFile != "" || o.KeyEnv != "" {
		var err error
		if key, err = config.Secret(o.KeyFile, o.KeyEnv); err != nil {
			return nil, fmt.Errorf("office.second_opinion: %w", err)
		}
	}
	chat, err := opinion.NewChat(opinion.Config{URL: o.URL, Model: o.Model, Key: key, Private: o.Private})
	if err != nil {
		return nil, fmt.Errorf("office.second_opinion: %w", err)
	}
	return chat, nil
}

// Check tells the first thing in a configuration with which an office does not start.
func Check(cfg config.Config) error {
	if cfg.Office.Webhook.URL != "" {
		h, err := newHook(cfg)
		if err != nil {
			return err
		}
		h.Close()
	}
	if cfg.Office.SecondOpinion.URL != "" {
		if _, err := newChat(cfg); err != nil {
			return err
		}
	}
	return nil
}

// cleared puts aside what a call has led to when people find that it was no harassment.
func (p *parts) cleared(ctx context.Context, by staff.Person, i incident.Incident) error {
	return p.limits.Release(ctx, by, i.Call, string(i.Outcome))
}

// inForce gives the rules in force, ready for judging.
func (p *parts) inForce() (*judge.Rules, policy.Rules, error) {
	s := p.settings.Snapshot()
	r, err := judge.NewRules(s.Lexicon, s.Thresholds)
	return r, s.Rules, err
}

// reported tells whether there is a shadow report over enough days by these rules. Doubt is no report.
func (p *parts) reported(ctx context.Context, d settings.Data) bool {
	l, err := p.settings.Lexicon(ctx)
	if err != nil {
		return false
	}
	rules, err := judge.NewRules(l, d.Thresholds)
	if err != nil {
		return false
	}
	ok, err := p.store.HasShadowReport(ctx, trial.Versions(rules, d.Thresholds, d.Rules))
	if err != nil && ctx.Err() == nil {
		p.log.Warn("shadow reports can't be looked up", slog.Any("error", err))
	}
	return ok && err == nil
}

// close closes what was opened, the store last.
func (p *parts) close() error {
	if p.hook != nil {
		p.hook.Close()
	}
	return p.store.Close()
}

// wordsChanged puts the centre's words in force before who entered them has the answer.
func (p *parts) wordsChanged() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := p.settings.Renew(ctx); err != nil {
		p.log.Error("new words are saved and will be in force in a minute", slog.Any("error", err))
		p.settings.Poke()
	}
}

// rough gives the rough reading of a call until it is stopped.
func (p *parts) rough(id call.ID, take func(bus.Rough)) (func(), error) {
	sub, err := p.link.SubscribeRough(id, take)
	return sub.Stop, err
}

// folderOf gives where a call's folder is.
func (p *parts) folderOf(ctx context.Context, id call.ID) (string, error) {
	c, err := p.store.Call(ctx, id)
	if err == nil && !filepath.IsLocal(c.Dir) {
		err = store.ErrNotFound
	}
	return filepath.Join(p.cfg.Calls(), filepath.FromSlash(c.Dir)), err
}

func (p *parts) folderTaken(f intake.Folder) {
	p.taken.Add(1)
	if f.Call.State == intake.Broken {
		p.broken.Add(1)
	}
	if !f.AutoCut.IsZero() {
		p.settings.Poke()
	}
}

// clean drops sessions that have expired, once an hour.
func (p *parts) clean(ctx context.Context) {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		if err := (store.Sessions{Store: p.store}).Clear(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("expired sessions can't be dropped", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// follow is what live calls lead to.
type follow struct{ p *parts }

var _ intake.Follow = follow{}

// Notice tells people of a call.
func (f follow) Notice(ctx context.Context, id call.ID, l judge.Level, c judge.Category) error {
	return f.p.notices.Raise(ctx, id, l, c)
}

// AutoCut counts an automatic cut for the cap.
func (f follow) AutoCut(ctx context.Context, id call.ID, at time.Time) error {
	err := f.p.store.PutCut(ctx, id, at)
	if err == nil {
		f.p.settings.Poke()
	}
	return err
}

// Limit takes a provisional limit in.
func (f follow) Limit(ctx context.Context, l policy.Limit) error {
	return f.p.limits.Provisional(ctx, l)
}

// Over ends the notices of a call.
func (f follow) Over(ctx context.Context, id call.ID) error { return f.p.notices.Resolve(ctx, id) }
