package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// bubble makes a pair without engine threads, for a synctest bubble: packets are given to it by hand.
func bubble() (*Pair, *leg) {
	p := &Pair{engine: &Engine{}, worker: &worker{}, began: time.Now(), events: make(chan Event, eventRoom)}
	p.caller = leg{pair: p, party: call.Caller, other: &p.agent, agreed: true, latched: true, remote: Remote{Codec: audio.PCMA}}
	p.agent = leg{pair: p, party: call.Agent, other: &p.caller}
	return p, &p.caller
}

// say gives 20 ms of value v with sequence number i; the timestamp follows from it.
func say(p *Pair, l *leg, i int, v byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receive(l, raw(8, uint16(i), uint32(i)*160, 5, 160, v), l.source, p.now())
}

func shut(p *Pair, taps ...*Tap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, t := range taps {
		t.end(p.now())
	}
}

// collect reads a tap to its end and checks that stretches follow each other.
func collect(t *testing.T, tap *Tap) []audio.Octets {
	t.Helper()
	var all []audio.Octets
	for {
		o, err := tap.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Data) == 0 || len(o.Data) > stretchMax || len(all) > 0 && o.Sample != all[len(all)-1].End() {
			t.Fatalf("stretch of %d octets at %d", len(o.Data), o.Sample)
		}
		all = append(all, o)
	}
}

// sound gives what a tap delivered as one line of octets, with 0 for what was lost.
func sound(all []audio.Octets) []byte {
	var b []byte
	for _, o := range all {
		for _, v := range o.Data {
			if o.Lost {
				v = 0
			}
			b = append(b, v)
		}
	}
	return b
}

func TestATapPutsPacketsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		done := make(chan []audio.Octets)
		go func() { done <- collect(t, tap) }()
		for _, i := range []int{0, 1, 3, 2, 4, 4, 6, 7, 8, 9} { // 3 before 2, 4 twice, 5 lost
			say(p, l, i, byte(i+1))
			time.Sleep(packetTime)
		}
		shut(p, tap)
		got := sound(<-done)
		for i := range 10 {
			want := byte(i + 1)
			if i == 5 {
				want = 0
			}
			if got[i*160+8] != want || got[i*160+150] != want {
				t.Errorf("20 ms number %d are %d, want %d", i, got[i*160+8], want)
			}
		}
		if tap.Late() != 0 || tap.Dropped() != 0 {
			t.Errorf("%d late, %d dropped", tap.Late(), tap.Dropped())
		}
	})
}

// Call time runs on through silence: what is not sent comes as Lost, of the leg's codec, while it is not sent.
func TestATapRunsThroughHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		for range 20 {
			o, err := tap.Next(t.Context())
			if err != nil || !o.Lost || o.Codec != audio.PCMA || o.Data[0] != audio.PCMA.Silence() {
				t.Fatalf("%+v %v", o, err)
			}
		}
		if at := call.At(p.now()); at < 2000 || at > 2200 {
			t.Errorf("two seconds of silence came by %v", at)
		}
		begun := p.now()
		say(p, l, 0, 7)
		for {
			o, err := tap.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !o.Lost {
				if o.Sample != samples(begun) || p.now()-begun > 250*time.Millisecond {
					t.Errorf("the first sound stands at %d and came after %v", o.Sample, p.now()-begun)
				}
				return
			}
		}
	})
}

func TestASlowReaderLosesItsOwnSoundOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		slow, quick := p.Tap(call.Caller, 400*time.Millisecond), p.Tap(call.Caller, 10*time.Second)
		for i := range 100 {
			say(p, l, i, 9)
			time.Sleep(packetTime)
		}
		shut(p, slow, quick)
		lost := 0
		for _, v := range sound(collect(t, slow)) {
			if v == 0 {
				lost++
			}
		}
		if slow.Dropped() != 80 || lost != 80*160 {
			t.Errorf("slow reader: %d dropped, %d samples lost", slow.Dropped(), lost)
		}
		for i, v := range sound(collect(t, quick)) {
			if v == 0 {
				t.Fatalf("quick reader: sample %d lost", i)
			}
		}
	})
}

// Slips of the placer leave no gap in the recording: with a sender 100 ppm slow nothing is Lost in five minutes.
func TestDriftLeavesNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		done := make(chan []audio.Octets)
		go func() { done <- collect(t, tap) }()
		for i := range 15000 {
			say(p, l, i, 9)
			time.Sleep(packetTime + 2*time.Microsecond)
		}
		shut(p, tap)
		all := <-done
		total := 0
		for _, o := range all {
			if o.Lost && o.End() < all[len(all)-1].Sample-1600 {
				t.Fatalf("%d samples lost at %d", len(o.Data), o.Sample)
			}
			total += len(o.Data)
		}
		if want := samples(15000 * (packetTime + 2*time.Microsecond)); abs(int64(total)-want) > 160 {
			t.Errorf("%d samples, want %d", total, want)
		}
	})
}

func TestAChangeOfCodecEndsAStretch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		say(p, l, 0, 1)
		time.Sleep(packetTime)
		p.receive(l, raw(0, 1, 160, 5, 160, 2), l.source, p.now())
		shut(p, tap)
		all := collect(t, tap)
		if len(all) != 2 || all[0].Codec != audio.PCMA || all[1].Codec != audio.PCMU || all[1].Data[0] != 2 {
			t.Errorf("stretches %+v", all)
		}
	})
}

func TestATapThatIsClosedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		say(p, l, 0, 1)
		tap.Close()
		tap.Close()
		if got := len(sound(collect(t, tap))); got != 160 || len(l.taps) != 0 {
			t.Errorf("%d samples, %d taps", got, len(l.taps))
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("enough"))
		other := p.Tap(call.Caller, time.Second)
		if _, err := other.Next(ctx); err == nil || err.Error() != "enough" {
			t.Errorf("error %v", err)
		}
	})
}

func BenchmarkTapPush(b *testing.B) {
	p, l := bubble()
	tap := newTap(p, l, time.Second)
	octets := make([]byte, 160)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tap.push(int64(i)*160, audio.PCMA, octets)
		tap.tail.Store(tap.head.Load())
	}
}

// What comes right after the tap was made has nothing before it that a hole could be closed with.
func TestNoSoundIsMadeUpBeforeTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		time.Sleep(125 * time.Microsecond)
		say(p, l, 0, 7)
		shut(p, tap)
		if all := collect(t, tap); len(all) != 2 || !all[0].Lost || len(all[0].Data) != 1 || all[1].Lost || all[1].Data[0] != 7 {
			t.Errorf("%d stretches, the first %+v", len(all), all[0])
		}
	})
}

// A packet whose numbers are far ahead of its arrival holds up nothing that comes after it.
func TestAPacketFromTheFutureHoldsUpNothing(t *testing.T) {
	for _, packets := range []int{60, 1000, 32000} {
		synctest.Test(t, func(t *testing.T) {
			p, l := bubble()
			tap := p.Tap(call.Caller, time.Second)
			go func() {
				for i := range 500 {
					time.Sleep(packetTime)
					if i == 100 {
						say(p, l, i+packets, 9)
						continue
					}
					say(p, l, i, 7)
				}
				shut(p, tap)
			}()
			if lost := bytes.Count(sound(collect(t, tap)), []byte{0}); lost > 10*slotOctets {
				t.Errorf("a packet %d ahead cost %d ms of sound", packets, lost/audio.SamplesPerMS)
			}
		})
	}
}

// A packet that is placed after the end of the call does not keep the reader from coming to its end.
func TestATapEndsBeforeAPacketFromTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := bubble()
		tap := p.Tap(call.Caller, time.Second)
		go func() {
			for i := range 100 {
				time.Sleep(packetTime)
				say(p, l, i, 7)
			}
			say(p, l, 100+45, 9)
			shut(p, tap)
		}()
		ended := make(chan []audio.Octets)
		go func() { ended <- collect(t, tap) }()
		select {
		case all := <-ended:
			if end := all[len(all)-1].End(); end > 102*packetOctets {
				t.Errorf("the sound ends at %d", end)
			}
		case <-time.After(time.Minute):
			t.Error("the reader doesn't come to its end")
		}
	})
}
