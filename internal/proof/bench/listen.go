package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
	"commusafe/internal/proof/demo"
)

// ListenOptions say what one run of listening is.
type ListenOptions struct {
	Legs    int
	Seconds int
	Cores   int  // threads that may hear at once
	Plain   bool // the generic path, although the SIMD path is there
}

// A ListenResult is what one run of listening took.
type ListenResult struct {
	Legs        int     `json:"legs"`
	Seconds     float64 `json:"seconds"`
	Cores       int     `json:"cores"`
	SIMD        bool    `json:"simd"`
	CPUPer100   float64 `json:"cpu_per_100_legs"` // cores
	LegsPerCore float64 `json:"legs_per_core"`    // what a core could hear if it did nothing else
	LagP50MS    float64 `json:"lag_p50_ms"`
	LagP99MS    float64 `json:"lag_p99_ms"`
	LagMaxMS    float64 `json:"lag_max_ms"`
	BytesPerLeg int64   `json:"bytes_per_leg"` // of the heap, at the end of the run
	Evidence    int     `json:"evidence"`
}

// batchMS is the sound that comes at a time, as the edge sends it.
const batchMS = 100

// engines are all built-in listeners, shared by all legs.
type engines struct {
	words    *builtin.Spotter
	activity *builtin.Activity
	anger    *builtin.AngerReader
	simd     bool
}

func openEngines(plain bool) (*engines, error) {
	n, err := builtin.Load()
	a, errA := builtin.LoadActivity()
	r, errR := builtin.LoadAnger()
	lexicon, errL := judge.ShippedLexicon()
	if err := errors.Join(err, errA, errR, errL); err != nil {
		return nil, err
	}
	if plain {
		n, a, r = n.Plain(), a.Plain(), r.Plain()
	}
	g, err := builtin.LoadGist()
	if err != nil {
		return nil, fmt.Errorf("built-in gist: %w", err)
	}
	words, err := builtin.NewSpotter(n).WithGist(g)
	if err != nil {
		return nil, err
	}
	e := &engines{words: words, activity: a, anger: r, simd: n.SIMD()}
	var list []hear.Phrase
	for _, p := range lexicon.Readings() {
		list = append(list, hear.Phrase{ID: p.ID, Reading: p.Kana, Least: p.Least})
	}
	return e, e.words.Use(list)
}

// A listenedCall is two legs: everything is heard on both of them, which is more than a call takes.
type listenedCall struct {
	words [2]hear.Ear
	sound *hear.Conversation
	found int
}

func (e *engines) open() (*listenedCall, error) {
	c := &listenedCall{sound: hear.NewConversation(e.activity)}
	for i, who := range []call.Party{call.Caller, call.Agent} {
		var err error
		if c.words[i], err = e.words.Open(who); err != nil {
			return nil, err
		}
		c.sound.Read(who, e.anger)
	}
	return c, nil
}

func (c *listenedCall) hear(leg int, f audio.Frame) {
	report := func(evidence.Item) { c.found++ }
	c.words[leg].Hear(f, report)
	c.sound.Hear([]call.Party{call.Caller, call.Agent}[leg], f, report)
}

// Listen hears Legs legs at the pace of a telephone call in this process. Calls begin spread over a batch's length.
func Listen(ctx context.Context, o ListenOptions) (ListenResult, error) {
	r := ListenResult{Legs: o.Legs, Cores: o.Cores}
	runtime.GOMAXPROCS(max(1, o.Cores))
	e, err := openEngines(o.Plain)
	if err != nil {
		return r, err
	}
	r.SIMD = e.simd
	talk, err := talking()
	if err != nil {
		return r, err
	}
	before := heap()
	calls := make([]*listenedCall, (o.Legs+1)/2)
	for i := range calls {
		if calls[i], err = e.open(); err != nil {
			return r, err
		}
	}
	began := time.Now()
	start, err := UsageOf(os.Getpid())
	if err != nil {
		return r, err
	}
	lags := make([][]time.Duration, len(calls))
	var wait sync.WaitGroup
	for i, c := range calls {
		wait.Go(func() {
			legs := 2
			if 2*i+1 >= o.Legs {
				legs = 1
			}
			lags[i] = c.follow(ctx, talk, i, legs, began.Add(time.Duration(i)*batchMS*time.Millisecond/time.Duration(len(calls))), o.Seconds)
		})
	}
	wait.Wait()
	took := time.Since(began)
	end, err := UsageOf(os.Getpid())
	if err != nil {
		return r, err
	}
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	for _, c := range calls {
		r.Evidence += c.found
	}
	all := slices.Concat(lags...)
	lags = nil
	r.account(all, took, time.Duration(o.Seconds)*time.Second, end.CPU-start.CPU, heap()-before-8*int64(cap(all)))
	runtime.KeepAlive(calls)
	runtime.KeepAlive(talk)
	runtime.KeepAlive(e)
	return r, nil
}

// heap is the octets that live on the heap.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the second clears what pools still held
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// account makes the figures. CPU is by the seconds of sound, not by the time that the run took: a run that lags takes
// longer, and its sound costs the same.
func (r *ListenResult) account(lags []time.Duration, took, sound, cpu time.Duration, memory int64) {
	slices.Sort(lags)
	at := func(share float64) float64 {
		return float64(lags[int(share*float64(len(lags)-1))].Microseconds()) / 1000
	}
	r.Seconds = took.Seconds()
	r.CPUPer100 = cpu.Seconds() / sound.Seconds() * 100 / float64(r.Legs)
	r.LegsPerCore = 100 / max(1e-9, r.CPUPer100)
	r.LagP50MS, r.LagP99MS, r.LagMaxMS = at(0.5), at(0.99), at(1)
	r.BytesPerLeg = memory / int64(r.Legs)
}

// follow hears a call batch by batch and gives how late each batch was done: from when its last sample was due.
func (c *listenedCall) follow(ctx context.Context, talk []int16, number, legs int, began time.Time, seconds int) []time.Duration {
	const n = batchMS * audio.SamplesPerMS
	var lags []time.Duration
	from := number * 7919 * n
	timer := time.NewTimer(0)
	defer timer.Stop()
	for k := range seconds * 1000 / batchMS {
		due := began.Add(time.Duration(k+1) * batchMS * time.Millisecond)
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return lags
		case <-timer.C:
		}
		for leg := range legs {
			at := (from + leg*len(talk)/2 + k*n) % (len(talk) - n)
			c.hear(leg, audio.Frame{At: call.Millis(k * batchMS), PCM: talk[at : at+n]})
			lags = append(lags, time.Since(due))
		}
	}
	return lags
}

// talking is all callers of the demonstration, one after the other: hardly a pause in it.
func talking() ([]int16, error) {
	sounds, err := demo.Sounds()
	if err != nil {
		return nil, err
	}
	var out []int16
	for _, name := range []string{"abuse-caller.wav", "complaint-caller.wav", "enquiry-caller.wav", "threat-caller.wav"} {
		out = append(out, audio.PCMU.Decode(nil, sounds[name].Octets)...)
	}
	if len(out) < audio.SampleRate {
		return nil, errors.New("the demonstration's sound is missing")
	}
	return out, nil
}

// A ListenComparison is the account of runs of both paths in turn.
type ListenComparison struct {
	Rounds int                       `json:"rounds"`
	Runs   map[string][]ListenResult `json:"runs"`
	Rows   []ListenRow               `json:"-"`
	Ratio  Range                     `json:"cpu_plain_to_simd"`
}

// A ListenRow is the medians of one path.
type ListenRow struct {
	Name string `json:"name"`
	ListenResult
}

// CompareListen runs the SIMD path and the generic path in turn, each run in a process of its own.
func CompareListen(ctx context.Context, program string, o ListenOptions, plainLegs, rounds int, progress io.Writer) (ListenComparison, error) {
	c := ListenComparison{Rounds: rounds, Runs: map[string][]ListenResult{}}
	for n := range rounds {
		for _, plain := range []bool{false, true} {
			o, name := o, "simd"
			if o.Plain = plain; plain {
				name, o.Legs = "plain", plainLegs
			}
			r, err := listenApart(ctx, program, o)
			if err != nil {
				return c, fmt.Errorf("round %d, %s: %w", n+1, name, err)
			}
			if !plain && !r.SIMD {
				name = "plain (no SIMD path in this build or machine)"
			}
			fmt.Fprintf(progress, "round %d of %d  %s  CPU/100 legs %.0f %%  lag p99 %.0f ms\n", n+1, rounds, name, 100*r.CPUPer100, r.LagP99MS)
			c.Runs[name] = append(c.Runs[name], r)
		}
	}
	for _, name := range []string{"simd", "plain"} {
		if rs := c.Runs[name]; len(rs) > 0 {
			c.Rows = append(c.Rows, ListenRow{name, medianListen(rs)})
		}
	}
	if a, b := c.Runs["simd"], c.Runs["plain"]; len(a) == len(b) && len(a) > 0 {
		ratios := make([]float64, len(a))
		for i := range a {
			ratios[i] = b[i].CPUPer100 / max(1e-9, a[i].CPUPer100)
		}
		c.Ratio = rangeOf(ratios, func(v float64) float64 { return v })
	}
	return c, nil
}

func listenApart(ctx context.Context, program string, o ListenOptions) (r ListenResult, err error) {
	cmd := exec.CommandContext(ctx, program, "bench", "listen-target", "--legs="+strconv.Itoa(o.Legs), "--seconds="+strconv.Itoa(o.Seconds),
		"--cores="+strconv.Itoa(o.Cores), "--plain="+strconv.FormatBool(o.Plain))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}

func medianListen(rs []ListenResult) ListenResult {
	m := rs[len(rs)-1]
	for _, f := range []func(*ListenResult) *float64{
		func(r *ListenResult) *float64 { return &r.CPUPer100 }, func(r *ListenResult) *float64 { return &r.LegsPerCore },
		func(r *ListenResult) *float64 { return &r.LagP50MS }, func(r *ListenResult) *float64 { return &r.LagP99MS },
		func(r *ListenResult) *float64 { return &r.LagMaxMS },
	} {
		*f(&m) = rangeOf(rs, func(r ListenResult) float64 { return *f(&r) }).Median
	}
	m.BytesPerLeg = int64(rangeOf(rs, func(r ListenResult) float64 { return float64(r.BytesPerLeg) }).Median)
	return m
}

// Text prints the table for people.
func (c ListenComparison) Text(out io.Writer) error {
	fmt.Fprintf(out, "words, voice activity, anger and sound on every leg; %d rounds in turn; medians\n", c.Rounds)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "path\tlegs\tcores\tCPU/100 legs\tlegs a core\tlag p50 ms\tp99 ms\tmax ms\tKB/leg\tevidence\t")
	for _, r := range c.Rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.1f %%\t%.0f\t%.1f\t%.1f\t%.1f\t%d\t%d\t\n", r.Name, r.Legs, r.Cores, 100*r.CPUPer100, r.LegsPerCore,
			r.LagP50MS, r.LagP99MS, r.LagMaxMS, r.BytesPerLeg/1000, r.Evidence)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "CPU of the generic path to the SIMD path, median (range): %s\n", c.Ratio)
	return err
}
