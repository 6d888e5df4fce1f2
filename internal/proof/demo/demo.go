package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/judge"
	"commusafe/internal/proof/console"
	"commusafe/internal/proof/phone"
)

// Options say how the demonstration runs.
type Options struct {
	Program  string            // the commusafe binary
	Data     string            // data directory
	Replace  map[string]string // other sound for a caller, by call name
	Without  string            // a process that is left out, to see that the result is not scripted
	Only     []string          // calls to play; all when empty
	Headless bool              // end the product at the end
	Out      io.Writer         // the live timeline
}

// A Result is one call against its expectation.
type Result struct {
	Name    string  `json:"name"`
	Call    string  `json:"call,omitempty"`
	OK      bool    `json:"ok"`
	Why     string  `json:"why,omitempty"`
	Seconds float64 `json:"seconds"`
	Outcome Outcome `json:"outcome"`
}

// A Report is the whole demonstration.
type Report struct {
	OK      bool          `json:"ok"`
	Calls   []Result      `json:"calls"`
	Seconds float64       `json:"seconds"`
	Console string        `json:"console"`
	Login   console.Login `json:"login"`
	Folder  string        `json:"calls_dir"`
	Admin   console.Login `json:"admin"`
}

// Run starts the product, plays the calls and judges them. hold, when not nil, keeps the product until ctx ends.
func Run(ctx context.Context, opt Options, hold func(Report)) (Report, error) {
	began := time.Now()
	scripts, err := Scripts(opt.Replace)
	if err != nil {
		return Report{}, err
	}
	if len(opt.Only) > 0 {
		scripts = slices.DeleteFunc(scripts, func(s Script) bool { return !slices.Contains(opt.Only, s.Name) })
	}
	ph, err := newPhones()
	if err != nil {
		return Report{}, err
	}
	defer ph.close()
	p := &product{program: opt.Program, dir: opt.Data, without: opt.Without, headless: opt.Headless}
	if err := p.prepare(ph.pbx.Addr()); err != nil {
		return Report{}, err
	}
	fmt.Fprintf(opt.Out, "製品を起動しています… / starting the product …\n")
	if err := p.start(ctx); err != nil {
		p.stop()
		return Report{}, err
	}
	defer p.stop()
	if err := p.setAuto(ctx); err != nil {
		return Report{}, err
	}
	ph.sip = p.sip
	t, err := newTimeline(filepath.Join(p.dir, "run", "bus.json"), opt.Out)
	if err != nil {
		return Report{}, err
	}
	defer t.close()
	if err := p.heard(ctx); err != nil && opt.Without == "" {
		return Report{}, err
	}
	fmt.Fprintf(opt.Out, "画面 / console: http://%s  (%s / %s)\n\n", p.console, p.person.Login.User, p.person.Login.Password)
	r := Report{Console: "http://" + p.console, Login: p.person.Login, Folder: filepath.Join(p.dir, "calls"), Admin: p.admin}
	r.Calls = playAll(ctx, ph, p, scripts, t)
	r.OK = !slices.ContainsFunc(r.Calls, func(c Result) bool { return !c.OK })
	r.Seconds = time.Since(began).Seconds()
	if hold != nil {
		hold(r)
	}
	return r, nil
}

// heard waits until a listener says that it lives.
func (p *product) heard(ctx context.Context) error {
	link, err := bus.Connect(bus.Options{File: filepath.Join(p.dir, "run", "bus.json"), Site: "demo", Name: "demo-wait", Log: quiet()})
	if err != nil {
		return err
	}
	defer link.Close()
	for range 50 {
		cctx, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
		const nobodys call.ID = "00000000-0000-0000-0000-000000000000"
		_, err := link.RequestClaim(cctx, bus.Claim{V: bus.Version, Call: nobodys})
		cancel()
		if err == nil {
			return letGo(ctx, link, nobodys)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(400 * time.Millisecond): // a bus without listeners answers at once
		}
	}
	return errors.New("no listener answered within twenty seconds")
}

// letGo has the listener let a call go that nobody makes, or the console would count it.
func letGo(ctx context.Context, link *bus.Link, id call.ID) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return errors.Join(link.PublishHas(bus.Has{V: bus.Version, Call: id, Listener: "demo"}), link.Flush(ctx))
}

func newPhones() (*phones, error) {
	pbx, err := phone.New(phone.Config{Listen: "127.0.0.1:0", User: "agent"})
	if err != nil {
		return nil, err
	}
	carrier, err := phone.New(phone.Config{Listen: "127.0.0.1:0", User: "carrier"})
	if err != nil {
		return nil, errors.Join(err, pbx.Close())
	}
	return &phones{carrier: carrier, pbx: pbx}, nil
}

func (p *phones) close() {
	_ = p.carrier.Close() // nothing is left to say to anybody
	_ = p.pbx.Close()
}

// playAll plays the calls, side by side where one needn't wait for another, and judges each.
func playAll(ctx context.Context, ph *phones, p *product, scripts []Script, t *timeline) []Result {
	results := make([]Result, len(scripts))
	over := map[string]chan struct{}{}
	for _, s := range scripts {
		over[s.Name] = make(chan struct{})
	}
	var setup sync.Mutex // one call is being set up at a time
	var all sync.WaitGroup
	for i, s := range scripts {
		all.Go(func() {
			defer close(over[s.Name])
			if first := over[s.After]; first != nil {
				<-first
			}
			began := time.Now()
			play := ph.play(ctx, s, func() func() {
				setup.Lock()
				t.expect(s)
				var once sync.Once
				return func() { once.Do(setup.Unlock) }
			})
			results[i] = p.judge(ctx, play)
			results[i].Seconds = time.Since(began).Seconds()
			t.verdict(results[i])
		})
	}
	all.Wait()
	return results
}

// judge reads what a call left and holds it against the expectation.
func (p *product) judge(ctx context.Context, play played) Result {
	r := Result{Name: play.script.Name}
	fail := func(err error) Result {
		r.Why = err.Error()
		return r
	}
	if play.caller.CallID == "" {
		return fail(errors.Join(play.err, errors.New("the call was not placed")))
	}
	dir, err := findFolder(filepath.Join(p.dir, "calls"), play.caller.CallID, 20*time.Second)
	if err != nil {
		return fail(errors.Join(err, play.err))
	}
	r.Call = callID(dir)
	rules, err := p.rules()
	if err != nil {
		return fail(err)
	}
	if r.Outcome, err = readOutcome(dir, play, rules); err != nil {
		return fail(err)
	}
	r.Outcome.Indexed, r.Outcome.Limited = p.indexed(ctx, r.Call), p.limited(ctx, r.Call)
	switch err := play.script.Expect(r.Outcome); {
	case err != nil:
		return fail(err)
	case r.Outcome.Fault != "":
		return fail(errors.New(r.Outcome.Fault))
	case !r.Outcome.Indexed:
		return fail(errors.New("the office did not take the call in"))
	}
	r.OK = true
	return r
}

// rules are those that the edge worked with.
func (p *product) rules() (*judge.Rules, error) {
	var s bus.Settings
	b, err := os.ReadFile(filepath.Join(p.dir, "settings", "snapshot.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	return judge.NewRules(s.Lexicon, s.Thresholds)
}

// indexed asks the office for the call until it has it.
func (p *product) indexed(ctx context.Context, id string) bool {
	for range 50 {
		if p.person.Do(ctx, http.MethodGet, "/calls/"+id, nil, nil) == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(200 * time.Millisecond):
		}
	}
	return false
}

// limited asks the office whether a limit in force came of the call.
func (p *product) limited(ctx context.Context, id string) bool {
	var l struct {
		Limits []struct {
			Call string `json:"call"`
		} `json:"limits"`
	}
	if p.person.Do(ctx, http.MethodGet, "/limits", nil, &l) != nil {
		return false
	}
	for _, x := range l.Limits {
		if x.Call == id {
			return true
		}
	}
	return false
}
