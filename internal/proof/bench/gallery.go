package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"commusafe/internal/voiceprint"
)

// GalleryOptions say what to search.
type GalleryOptions struct {
	Voices     int
	Dimensions int
	Rounds     int // searches of each kind and size, in turn
	Best       int // how many candidates each search gives
}

// A GalleryRow is the cost of searching a gallery of one size.
type GalleryRow struct {
	Name        string  `json:"name"`
	Voices      int     `json:"voices"`
	Bytes       int64   `json:"bytes"` // of the vectors at single precision
	ReadMS      float64 `json:"read_ms"`
	ExactMS     float64 `json:"exact_ms"`
	CodedMS     float64 `json:"coded_ms"`
	ExactToRead Range   `json:"exact_to_read"` // round by round
	CodedToRead Range   `json:"coded_to_read"`
	Different   int     `json:"different"` // searches in which the coded pass gave other matches or scores than the exact one
	Found       int     `json:"found"`     // searches for somebody registered that put that person first
}

// A Gallery is the measure of identification against many voices.
type Gallery struct {
	Dimensions int          `json:"dimensions"`
	Rounds     int          `json:"rounds"`
	Rows       []GalleryRow `json:"-"`
	sink       float32
}

// RunGallery measures galleries of a tenth, a half and all of the voices. Each round searches for one registered voice over a
// worse line, after reading all vectors once: what memory allows. One thread does all of it, and its time on a core counts:
// others on the machine take no part of it, but they do use the same memory.
func RunGallery(ctx context.Context, o GalleryOptions, progress io.Writer) (*Gallery, error) {
	if err := o.fit(memory()); err != nil {
		return nil, err
	}
	g, err := voiceprint.NewGallery(o.Dimensions)
	if err != nil {
		return nil, err
	}
	g.Grow(o.Voices)
	r := rand.New(rand.NewPCG(41, 41))
	out := &Gallery{Dimensions: o.Dimensions, Rounds: o.Rounds}
	v := make([]float32, o.Dimensions)
	for _, size := range slices.Compact([]int{max(1, o.Voices/10), max(1, o.Voices/2), o.Voices}) {
		for g.Len() < size {
			for i := range v {
				v[i] = float32(r.NormFloat64())
			}
			if err := g.Enrol(strconv.Itoa(g.Len()), v); err != nil {
				return nil, err
			}
		}
		row, err := out.row(ctx, g, o, r)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "%d voices: exact %.2f ms, coded %.2f ms, reading %.2f ms\n", size, row.ExactMS, row.CodedMS, row.ReadMS)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// What a gallery keeps in memory, at least.
const (
	bytesADimension = 5 // of a vector and of its code
	bytesAVoice     = 100
)

// fit says how much memory the gallery needs when that is more than there is; 0 is not known.
func (o GalleryOptions) fit(there float64) error {
	need := float64(o.Voices) * (float64(o.Dimensions)*bytesADimension + bytesAVoice)
	if there == 0 {
		there = math.MaxInt64
	}
	if need > there {
		return fmt.Errorf("%d voices of %d dimensions need %.0f GB of memory; this machine has %.0f", o.Voices, o.Dimensions, need/1e9, there/1e9)
	}
	return nil
}

// memory is how many bytes the machine has, 0 where that can't be known.
func memory() float64 {
	var i unix.Sysinfo_t
	if err := unix.Sysinfo(&i); err != nil {
		return 0
	}
	return float64(i.Totalram) * float64(i.Unit)
}

// coreTime is what this thread has used of a core.
func coreTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// coreMS is a time on a core in milliseconds. A clock that did not move gives its least, since the times are divided by each other.
func coreMS(d time.Duration) float64 { return float64(max(d, 1)) / float64(time.Millisecond) }

func (m *Gallery) row(ctx context.Context, g *voiceprint.Gallery, o GalleryOptions, r *rand.Rand) (GalleryRow, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	n := g.Len()
	row := GalleryRow{Name: "voices/" + strconv.Itoa(n), Voices: n, Bytes: 4 * int64(n) * int64(o.Dimensions)}
	spread := float32(1 / math.Sqrt(float64(o.Dimensions)))
	type round struct{ read, exact, coded float64 }
	var rounds []round
	for range o.Rounds {
		if ctx.Err() != nil {
			return row, context.Cause(ctx)
		}
		id := strconv.Itoa(r.IntN(n))
		q := g.Embedding(id)
		for i := range q { // as long as the vector itself: a cosine of about 0.7
			q[i] += float32(r.NormFloat64()) * spread
		}
		t0 := coreTime()
		m.sink += g.Read()
		t1 := coreTime()
		exact, err := g.Exact(q, o.Best)
		if err != nil {
			return row, err
		}
		t2 := coreTime()
		coded, err := g.Identify(q, o.Best)
		if err != nil {
			return row, err
		}
		t3 := coreTime()
		rounds = append(rounds, round{coreMS(t1 - t0), coreMS(t2 - t1), coreMS(t3 - t2)})
		if !slices.Equal(exact, coded) {
			row.Different++
		}
		if len(exact) > 0 && exact[0].ID == id {
			row.Found++
		}
	}
	row.ReadMS = rangeOf(rounds, func(r round) float64 { return r.read }).Median
	row.ExactMS = rangeOf(rounds, func(r round) float64 { return r.exact }).Median
	row.CodedMS = rangeOf(rounds, func(r round) float64 { return r.coded }).Median
	row.ExactToRead = rangeOf(rounds, func(r round) float64 { return r.exact / r.read })
	row.CodedToRead = rangeOf(rounds, func(r round) float64 { return r.coded / r.read })
	return row, nil
}

// Text prints the table for people.
func (m *Gallery) Text(out io.Writer) error {
	fmt.Fprintf(out, "%d dimensions, %d searches of each kind in turn; medians, time on a core; ratios round by round, median (range)\n", m.Dimensions, m.Rounds)
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "voices\tMB\tread once ms\texact ms\tcoded ms\texact/read\tcoded/read\tdifferent\tfound\t")
	for _, r := range m.Rows {
		fmt.Fprintf(t, "%d\t%d\t%.2f\t%.2f\t%.2f\t%s\t%s\t%d\t%d of %d\t\n", r.Voices, r.Bytes/1e6, r.ReadMS, r.ExactMS, r.CodedMS,
			r.ExactToRead, r.CodedToRead, r.Different, r.Found, m.Rounds)
	}
	return t.Flush()
}
