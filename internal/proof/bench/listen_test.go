package bench

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// Both paths hear at the pace of a call, and the account adds up.
func TestListen(t *testing.T) {
	for _, plain := range []bool{false, true} {
		r, err := Listen(t.Context(), ListenOptions{Legs: 3, Seconds: 1, Cores: 2, Plain: plain})
		if err != nil {
			t.Fatal(err)
		}
		if r.Seconds < 1 || r.Legs != 3 || plain && r.SIMD {
			t.Errorf("%+v", r)
		}
		if r.CPUPer100 <= 0 || r.LagP50MS < 0 || r.LagMaxMS < r.LagP99MS || r.LagP99MS < r.LagP50MS || r.BytesPerLeg < 10_000 || r.BytesPerLeg > 10_000_000 {
			t.Errorf("%+v", r)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Listen(ctx, ListenOptions{Legs: 1, Seconds: 60, Cores: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestListenAccount(t *testing.T) {
	r := ListenResult{Legs: 50}
	lags := make([]time.Duration, 100)
	for i := range lags {
		lags[i] = time.Duration(100-i) * time.Millisecond
	}
	r.account(lags, 30*time.Second, 10*time.Second, 5*time.Second, 5_000_000) // a run that lagged by 20 s
	if r.CPUPer100 != 1 || r.LegsPerCore != 100 || r.LagP50MS != 50 || r.LagP99MS != 99 || r.LagMaxMS != 100 || r.BytesPerLeg != 100_000 {
		t.Errorf("%+v", r)
	}
	c := ListenComparison{Rounds: 1, Rows: []ListenRow{{"simd", r}}}
	var b bytes.Buffer
	if err := c.Text(&b); err != nil || !strings.Contains(b.String(), "legs a core") {
		t.Errorf("%s %v", b.String(), err)
	}
}

// A second of one leg with all listeners; docs/06-hearing-speed.md has its profile.
func BenchmarkSecondOfLeg(b *testing.B) {
	for _, plain := range []bool{false, true} {
		b.Run(map[bool]string{false: "this build", true: "plain"}[plain], func(b *testing.B) {
			e, err := openEngines(plain)
			if err != nil {
				b.Fatal(err)
			}
			c, err := e.open()
			if err != nil {
				b.Fatal(err)
			}
			talk, err := talking()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			at := 0
			for b.Loop() {
				for range 10 {
					c.hear(0, audio.Frame{At: call.Millis(at / 8), PCM: talk[at%(len(talk)-800):][:800]})
					at += 800
				}
			}
		})
	}
}

// A second of one leg among a hundred, batch by batch in turn: what each of them keeps has left the processor's cache when its turn comes.
func BenchmarkSecondOfManyLegs(b *testing.B) {
	const calls = 50
	for _, plain := range []bool{false, true} {
		b.Run(map[bool]string{false: "this build", true: "plain"}[plain], func(b *testing.B) {
			e, err := openEngines(plain)
			if err != nil {
				b.Fatal(err)
			}
			all := make([]*listenedCall, calls)
			for i := range all {
				if all[i], err = e.open(); err != nil {
					b.Fatal(err)
				}
			}
			talk, err := talking()
			if err != nil {
				b.Fatal(err)
			}
			k := 0
			for b.Loop() {
				for i, c := range all {
					for leg := range 2 {
						at := (i*7919*800 + leg*len(talk)/2 + k*800) % (len(talk) - 800)
						c.hear(leg, audio.Frame{At: call.Millis(k * batchMS), PCM: talk[at : at+800]})
					}
				}
				k++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/(2*calls)*1000/batchMS, "µs/leg-second")
		})
	}
}
