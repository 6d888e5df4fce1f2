package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"commusafe/internal/evidence"
	"commusafe/internal/folder"
	"commusafe/internal/proof/demo"
	"commusafe/internal/proof/phone"
)

// Relay measures the edge of a whole product that relays and records the calls of one Generator.
type Relay struct {
	Calls    int
	Duration time.Duration
	Program  string
	Dir      string // for the product's data; what is made there is removed
	// Guarded lets a listener hear every call and the guard judge it, under the shipped settings (確認してから): nothing
	// is spoken, so that every packet has the same way.
	Guarded bool
	// Budget is how many calls the listener takes; 0 is all of them.
	Budget int
	// OneCore leaves the listener one core of the machine.
	OneCore bool
	// Calm is how long a few of the calls go on after the load: what hearing gave up comes back then.
	Calm time.Duration
}

// few is the share of the calls that go on when the load has fallen.
const few = 10

// warmUp is how long the calls run before they are measured: claims and first allocations are over then.
const warmUp = 2 * time.Second

// Run starts a product, connects the calls by SIP, and measures.
func (r Relay) Run(ctx context.Context) (out RelayResult, err error) {
	g, err := NewGenerator(r.Calls, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if err != nil {
		return out, err
	}
	defer g.Close()
	if err := g.talk(); err != nil {
		return out, err
	}
	dir, err := os.MkdirTemp(r.Dir, "relay-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	ph, err := newPhones()
	if err != nil {
		return out, err
	}
	defer ph.close()
	b := demo.Bare{Program: r.Program, Dir: dir, PBX: ph.pbx.Addr(), Budget: r.Calls + 1} // one is asked for to see whether it lives
	if r.Budget > 0 {
		b.Budget = r.Budget
	}
	if !r.Guarded {
		b.Without = []string{"listener"}
	}
	p, err := b.Start(ctx)
	if err != nil {
		return out, err
	}
	stop := sync.OnceFunc(p.Stop)
	defer stop()
	if out, err = r.load(ctx, g, ph, p); err != nil {
		return out, err
	}
	stop()
	return out, out.guardWork(p.Calls())
}

// talk gives both parties of all calls the sound of the demonstration's abuse.
func (g *Generator) talk() error {
	sounds, err := demo.Sounds()
	if err != nil {
		return err
	}
	g.Sound = [2][]byte{sounds["abuse-caller.wav"].Octets, sounds["abuse-agent.wav"].Octets}
	return nil
}

func (r Relay) load(ctx context.Context, g *Generator, ph *phones, p *demo.Running) (RelayResult, error) {
	pid, err := p.PID("edge")
	if err != nil {
		return RelayResult{}, err
	}
	ears := 0
	if r.Guarded {
		if ears, err = p.PID("listener"); err != nil {
			return RelayResult{}, err
		}
		if r.OneCore {
			if err := confine(ears); err != nil {
				return RelayResult{}, err
			}
		}
	}
	empty, err := UsageOf(pid)
	if err != nil {
		return RelayResult{}, err
	}
	if err := ph.connect(ctx, g, p.SIP); err != nil {
		return RelayResult{}, err
	}
	g.Run(warmUp)
	before, err := UsageOf(pid)
	heardBefore := usageOrNothing(ears)
	if err != nil {
		return RelayResult{}, err
	}
	load := g.Run(r.Duration)
	after, err := UsageOf(pid)
	heardAfter := usageOrNothing(ears)
	if r.Calm > 0 {
		left := (r.Calls + few - 1) / few
		ph.hangUp(ctx, left)
		g.Keep(left)
		g.Run(r.Calm)
	}
	ph.hangUp(ctx, 0)
	per100 := func(cpu time.Duration) float64 { return cpu.Seconds() / r.Duration.Seconds() / float64(r.Calls) * 100 }
	return RelayResult{Load: load, Seconds: r.Duration.Seconds(), RelayPID: pid, RelayCPUSeconds: (after.CPU - before.CPU).Seconds(),
		CPUPer100: per100(after.CPU - before.CPU), ListenerCPUPer100: per100(heardAfter.CPU - heardBefore.CPU),
		RSSBytes: after.RSS, BytesPerCall: (after.RSS - empty.RSS) / int64(r.Calls)}, err
}

// confine leaves a process the last of the cores that this one may use. Threads that it makes later are confined with it.
func confine(pid int) error {
	var may, last unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return fmt.Errorf("which cores there are: %w", err)
	}
	for cpu, left := 0, may.Count(); left > 0; cpu++ {
		if may.IsSet(cpu) {
			if left--; left == 0 {
				last.Set(cpu)
			}
		}
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fmt.Errorf("threads of the listener: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &last); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("leave the listener one core: %w", err)
		}
	}
	return nil
}

// usageOrNothing is the account of a process that need not be there.
func usageOrNothing(pid int) Usage {
	u, err := UsageOf(pid)
	if pid == 0 || err != nil {
		return Usage{}
	}
	return u
}

// guardWork counts from the folders what was heard and judged: that it was done at all is what the figures mean.
func (r *RelayResult) guardWork(calls string) error {
	dirs, err := folder.All(calls)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		s, err := folder.ReadSeal(dir)
		if err != nil {
			return fmt.Errorf("folder %s: %w", filepath.Base(dir), err)
		}
		var account struct {
			Heard bool           `json:"heard"`
			Drops map[string]int `json:"drops"`
		}
		if err := json.Unmarshal(s.Account, &account); err != nil {
			return err
		}
		if account.Heard {
			r.Heard++
		}
		for _, n := range account.Drops {
			r.Dropped += n
		}
		if err := folder.Read(dir, func(l folder.Line) error {
			switch l.Kind {
			case folder.KindEvidence:
				r.Evidence++
				return r.gap(l)
			case folder.KindJudgement:
				r.Judgements++
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// gap counts what was given up under load, and what was taken back.
func (r *RelayResult) gap(l folder.Line) error {
	it, err := evidence.Unmarshal(l.Data)
	if err != nil {
		return err
	}
	switch g, ok := it.(evidence.Gap); {
	case !ok || !strings.HasPrefix(g.Why, "overload_"):
	case g.Why == "overload_over":
		r.TakenBack++
	default:
		if r.GivenUp == nil {
			r.GivenUp = map[string]int{}
		}
		r.GivenUp[g.Why]++
	}
	return nil
}

// phones are the carrier's and the PBX's SIP; the Generator is their sound.
type phones struct {
	carrier, pbx *phone.Phone
	calls        []*phone.Call
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

// connect sets all calls up, one after the other, and tells the Generator where the edge wants their sound.
func (p *phones) connect(ctx context.Context, g *Generator, edge netip.AddrPort) error {
	for i := range len(g.ends) / 2 {
		if err := p.connectOne(ctx, g, i, edge); err != nil {
			return fmt.Errorf("set up call %d: %w", i, err)
		}
	}
	return nil
}

// setUpLimit bounds the set-up of one call.
const setUpLimit = 15 * time.Second

func (p *phones) connectOne(ctx context.Context, g *Generator, i int, edge netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, setUpLimit)
	defer cancel()
	callerAt, agentAt := g.Addrs(i)
	out, err := p.carrier.Dial(ctx, phone.DialOptions{Sound: phone.Sound{MediaAt: callerAt}, To: fmt.Sprintf("sip:0355550100@%s", edge), From: fmt.Sprintf("03555%05d", i)})
	if err != nil {
		return err
	}
	in, err := p.pbx.Accept(ctx, phone.AnswerOptions{Sound: phone.Sound{MediaAt: agentAt}})
	if err != nil {
		return err
	}
	for _, c := range []*phone.Call{out, in} {
		select {
		case <-c.Answered():
		case <-c.Ended():
			return fmt.Errorf("%w: %d %s", errNotAnswered, c.Report().Status, c.Report().Error)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	p.calls = append(p.calls, out)
	return g.Connect(i, out.Remote(), in.Remote())
}

var errNotAnswered = errors.New("the call was not answered")

// hangUp ends all calls but the first ones from the callers' side.
func (p *phones) hangUp(ctx context.Context, left int) {
	ctx, cancel := context.WithTimeout(ctx, setUpLimit)
	defer cancel()
	var all sync.WaitGroup
	for _, c := range p.calls[left:] {
		all.Go(func() { _ = c.Hangup(ctx) }) // the edge ends what did not arrive
	}
	all.Wait()
	p.calls = p.calls[:left]
}
