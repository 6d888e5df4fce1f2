package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"commusafe/internal/bus"
)

// Bare says how to start the product without its office, for measures.
type Bare struct {
	Program string         // the commusafe binary
	Dir     string         // data directory, a new one
	PBX     netip.AddrPort // the agents' SIP address
	Without []string       // further roles that are left out
	Budget  int            // calls that the listener takes
	// Settings are put in force before the start; nil leaves what is shipped.
	Settings *bus.Settings
}

// A Running product is to be stopped.
type Running struct {
	SIP netip.AddrPort // where it takes calls
	p   *product
}

// Start gives the product when calls will be taken and, if there is a listener, heard.
func (b Bare) Start(ctx context.Context) (*Running, error) {
	p := &product{program: b.Program, dir: b.Dir, without: strings.Join(append([]string{"office"}, b.Without...), ","), budget: b.Budget, headless: true}
	if err := p.prepare(b.PBX); err != nil {
		return nil, err
	}
	if b.Settings != nil {
		if err := writeSnapshot(filepath.Join(b.Dir, "settings"), *b.Settings); err != nil {
			return nil, err
		}
	}
	err := p.start(ctx)
	if err == nil && len(b.Without) == 0 {
		err = p.heard(ctx)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return &Running{SIP: p.sip, p: p}, nil
}

// writeSnapshot leaves settings where an edge finds those of an office that is away.
func writeSnapshot(dir string, s bus.Settings) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "snapshot.json"), b, 0o600)
}

// Stop ends the product; the folders of all calls are sealed then.
func (r *Running) Stop() { r.p.stop() }

// Calls is where the call folders are.
func (r *Running) Calls() string { return filepath.Join(r.p.dir, "calls") }

// PID gives the process of a role.
func (r *Running) PID(role string) (int, error) {
	b, err := os.ReadFile(filepath.Join(r.p.dir, "run", role+".json"))
	if err != nil {
		return 0, fmt.Errorf("process of %s: %w", role, err)
	}
	var id struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal(b, &id); err != nil {
		return 0, fmt.Errorf("process of %s: %w", role, err)
	}
	return id.PID, nil
}

// A Span is one utterance within what a party says.
type Span struct {
	FromMS, ToMS int64
	Text         string
}

// Harassment gives the sound of the abusive call of both parties and the caller's utterances in it.
func Harassment() (caller, agent []byte, said []Span, err error) {
	sounds, err := Sounds()
	if err != nil {
		return nil, nil, nil, err
	}
	s := sounds["abuse-caller.wav"]
	for _, l := range s.Lines {
		said = append(said, Span{l.FromMS, l.ToMS, l.Text})
	}
	caller = goOn(s.Octets, s)
	if again := len(said) - 5; len(caller) > len(s.Octets) {
		later := length(s.Octets).Milliseconds() - (said[again].FromMS - repeatLead)
		for _, l := range said[again:] {
			said = append(said, Span{l.FromMS + later, l.ToMS + later, l.Text})
		}
	}
	return caller, sounds["abuse-agent.wav"].Octets, said, nil
}
