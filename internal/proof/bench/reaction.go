package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/folder"
	"commusafe/internal/policy"
	"commusafe/internal/proof/demo"
	"commusafe/internal/proof/phone"
)

// Reaction measures how soon the whole product answers callers who are abusive all at once.
type Reaction struct {
	Calls    int
	Program  string
	Dir      string // for the product's data; what is made there is removed
	Keep     string // where the folders are left for a look; empty: nowhere
	Progress io.Writer
}

// A ReactionResult is the account of all callers.
type ReactionResult struct {
	Calls int           `json:"calls"`
	Cut   int           `json:"cut"`   // calls that were ended by the machine
	Heard int           `json:"heard"` // utterances that led to evidence
	Said  int           `json:"said"`
	Rows  []ReactionRow `json:"-"`
}

// reactionLimit is longer than the whole script.
const reactionLimit = 4 * time.Minute

// Run starts a product in preset 自動 with a cut for every caller, plays the calls and reads the folders.
func (r Reaction) Run(ctx context.Context) (out ReactionResult, err error) {
	dir, err := os.MkdirTemp(r.Dir, "reaction-")
	if err != nil {
		return out, err
	}
	if r.Keep == "" {
		defer os.RemoveAll(dir)
	}
	ph, err := newPhones()
	if err != nil {
		return out, err
	}
	defer ph.close()
	settings, err := bus.ShippedSettings()
	if err != nil {
		return out, err
	}
	settings.Version, settings.Rules.Preset, settings.Rules.CutCap = 1, policy.PresetAuto, 10*r.Calls
	p, err := demo.Bare{Program: r.Program, Dir: dir, PBX: ph.pbx.Addr(), Budget: r.Calls + 1, Settings: &settings}.Start(ctx)
	if err != nil {
		return out, err
	}
	stop := sync.OnceFunc(p.Stop)
	defer stop()
	caller, agent, said, err := demo.Harassment()
	if err != nil {
		return out, err
	}
	fmt.Fprintf(r.Progress, "%d callers speak for up to %.0f s\n", r.Calls, time.Duration(len(caller)*int(time.Second)/audio.SampleRate).Seconds())
	ends := ph.abuse(ctx, r.Calls, p.SIP, caller, agent)
	stop()
	return r.read(p.Calls(), ends, caller, said)
}

// abuse places n calls at once and waits for their ends: when each caller's phone got its BYE, by SIP Call-ID.
func (p *phones) abuse(ctx context.Context, n int, sip netip.AddrPort, caller, agent []byte) map[string]time.Time {
	ctx, cancel := context.WithTimeout(ctx, reactionLimit)
	defer cancel()
	ends := map[string]time.Time{}
	var mu sync.Mutex // guards ends
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			c, err := p.carrier.Dial(ctx, phone.DialOptions{Sound: phone.Sound{Say: caller}, To: fmt.Sprintf("sip:0355550100@%s", sip), From: fmt.Sprintf("0905555%04d", i)})
			if err != nil {
				return
			}
			select {
			case <-c.Ended():
			case <-ctx.Done():
				return
			}
			at := time.Now()
			mu.Lock()
			defer mu.Unlock()
			if rep := c.Report(); rep.EndedBy == "them" && rep.Why == "bye" {
				ends[rep.CallID] = at
			}
		})
		all.Go(func() {
			if c, err := p.pbx.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{Say: agent}}); err == nil {
				_, _ = c.Wait(ctx) // the folder tells the rest
			}
		})
	}
	all.Wait()
	return ends
}

// read takes the figures out of the folders.
func (r Reaction) read(calls string, ends map[string]time.Time, caller []byte, said []demo.Span) (out ReactionResult, err error) {
	dirs, err := folder.All(calls)
	if err != nil {
		return out, err
	}
	m := newMoments()
	for _, dir := range dirs {
		seal, err := folder.Verify(dir)
		if err != nil {
			return out, err
		}
		var account struct {
			Incoming call.Incoming `json:"incoming"`
		}
		if err := json.Unmarshal(seal.Account, &account); err != nil {
			return out, err
		}
		c := newHistory(m, account.Incoming.Began, ends[account.Incoming.SIPCallID])
		if c.said, err = place(dir, caller, said); err != nil {
			return out, err
		}
		if err := folder.Read(dir, c.line); err != nil {
			return out, err
		}
		c.end()
		out.Calls++
		out.Said += len(c.said)
		out.Heard += c.heard
		if c.cut {
			out.Cut++
		}
	}
	if out.Calls == 0 {
		return out, errors.New("no call left a folder")
	}
	out.Rows = m.rows()
	return out, nil
}
