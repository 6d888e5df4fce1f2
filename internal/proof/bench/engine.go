package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os/exec"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/edge/media"
)

// Engine measures a process of the bare media engine under the calls of one Generator.
type Engine struct {
	Calls    int
	Duration time.Duration
	Target   *exec.Cmd // speaks the protocol of ServeRelay on its standard input and output
}

// RelayResult is the account of one run.
type RelayResult struct {
	Load
	Seconds      float64 `json:"seconds"`
	CPUPer100    float64 `json:"cpu_per_100_calls"` // share of one core
	RSSBytes     int64   `json:"rss_bytes"`
	BytesPerCall int64   `json:"bytes_per_call"`
	RelayPID     int     `json:"-"`
	// Of the guard work, when the whole edge is measured.
	ListenerCPUPer100 float64 `json:"listener_cpu_per_100_calls,omitempty"`
	Heard             int     `json:"heard_calls"`
	Evidence          int     `json:"evidence"`
	Judgements        int     `json:"judgements"`
	Dropped           int     `json:"dropped_stretches"` // sound that recorder or forwarder lost
	RelayCPUSeconds   float64 `json:"cpu_s"`
	// GivenUp counts the steps of hearing given up under load, over all calls, by their reason; TakenBack those that came back.
	GivenUp   map[string]int `json:"given_up,omitempty"`
	TakenBack int            `json:"taken_back,omitempty"`
}

// ask is what the generator writes for each call, and tell what the relay answers: the parties' RTP addresses.
type ask struct {
	Caller netip.AddrPort `json:"caller"`
	Agent  netip.AddrPort `json:"agent"`
}

// Run starts the target, connects the calls and measures.
func (r Engine) Run(ctx context.Context) (RelayResult, error) {
	g, err := NewGenerator(r.Calls, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if err != nil {
		return RelayResult{}, err
	}
	defer g.Close()
	in, err := r.Target.StdinPipe()
	if err != nil {
		return RelayResult{}, err
	}
	out, err := r.Target.StdoutPipe()
	if err != nil {
		return RelayResult{}, err
	}
	if err := r.Target.Start(); err != nil {
		return RelayResult{}, fmt.Errorf("start the relay: %w", err)
	}
	defer func() { _ = r.Target.Wait() }()
	defer func() { _ = in.Close() }() // its end
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	pid := r.Target.Process.Pid
	empty, err := r.connect(g, pid, json.NewEncoder(in), json.NewDecoder(out))
	if err != nil {
		return RelayResult{}, err
	}
	before, err := UsageOf(pid)
	if err != nil {
		return RelayResult{}, err
	}
	load := g.Run(r.Duration)
	after, err := UsageOf(pid)
	if err != nil {
		return RelayResult{}, err
	}
	cpu := (after.CPU - before.CPU).Seconds()
	return RelayResult{Load: load, Seconds: r.Duration.Seconds(), RelayPID: pid, RelayCPUSeconds: cpu,
		CPUPer100: cpu / r.Duration.Seconds() / float64(r.Calls) * 100,
		RSSBytes:  after.RSS, BytesPerCall: (after.RSS - empty.RSS) / int64(r.Calls)}, nil
}

// connect sets all calls up; the usage is that before the first one.
func (r Engine) connect(g *Generator, pid int, out *json.Encoder, in *json.Decoder) (empty Usage, err error) {
	for i := range r.Calls {
		var a, tell ask
		a.Caller, a.Agent = g.Addrs(i)
		if i == 1 { // the first call has started what starts once
			if empty, err = UsageOf(pid); err != nil {
				return empty, err
			}
		}
		if err := out.Encode(a); err != nil {
			return empty, fmt.Errorf("tell the relay of call %d: %w", i, err)
		}
		if err := in.Decode(&tell); err != nil {
			return empty, fmt.Errorf("the relay did not take call %d: %w", i, err)
		}
		if err := g.Connect(i, tell.Caller, tell.Agent); err != nil {
			return empty, err
		}
	}
	return empty, nil
}

// ServeRelay is the target for the media engine alone: it opens a call for each line that comes, with taps of both
// parties read as a recorder would when taps is set, until in ends.
func ServeRelay(ctx context.Context, in io.Reader, out io.Writer, workers int, taps bool) error {
	e, err := media.NewEngine(media.Config{PortMin: 40000, PortMax: 59999, Workers: workers, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	enc, dec := json.NewEncoder(out), json.NewDecoder(bufio.NewReader(in))
	for {
		var a ask
		if err := dec.Decode(&a); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a call: %w", err)
		}
		p, err := e.Open(time.Now())
		if err != nil {
			return err
		}
		p.SetRemote(call.Caller, media.Remote{Addr: a.Caller, Codec: audio.PCMU, Send: true, Receive: true})
		p.SetRemote(call.Agent, media.Remote{Addr: a.Agent, Codec: audio.PCMU, Send: true, Receive: true})
		if taps {
			for _, party := range []call.Party{call.Caller, call.Agent} {
				t := p.Tap(party, time.Second)
				go drain(ctx, t) // ends with the pair, which ends with the engine
			}
		}
		if err := enc.Encode(ask{Caller: p.Local(call.Caller), Agent: p.Local(call.Agent)}); err != nil {
			return fmt.Errorf("answer a call: %w", err)
		}
	}
}

func drain(ctx context.Context, t *media.Tap) {
	for {
		if _, err := t.Next(ctx); err != nil {
			return
		}
	}
}
