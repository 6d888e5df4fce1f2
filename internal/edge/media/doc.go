// Package media carries the sound of calls: RTP (RFC 3550) in, RTP out, with one continuous stream toward
// each party whatever feeds it, and a copy of what each party sends for those who record and listen.
//
// Owns: ports, sockets, the relay, latching, DTMF relay (RFC 4733), prompts' pace, placement on call time, taps.
// Never: waits for a reader of a tap or of the events; knows SIP; knows why it plays or is silent; keeps sound.
//
// Goroutines: Config.Workers epoll workers, each locked to a thread, started by NewEngine and waited for by
// Engine.Close. No other: prompts are paced and idle calls are found by a timer in the same workers. A pair
// belongs to one worker, which alone sends for it. A Tap's and a Play's work is done by the one who calls.
//
// Locks: Pair.mu guards a pair with its legs, worker.mu a worker's lists. Order: worker.mu, then Pair.mu.
// Tap has none: one writer (under Pair.mu), one reader, two counters between them.
//
// Flow of a packet, all in its worker and without allocation:
//
//	worker.run      epoll, recvfrom
//	Pair.receive    header, negotiated type, latch           strangers are counted and go no further
//	  placer.place  RTP timestamp → place on call time
//	  Tap.push      a copy into each listener's own ring      never waits
//	  Pair.relay    other leg's feed, codec, DTMF type
//	  stream.bind   SSRC, sequence, timestamp made continuous
//	sendto
//
// A tap's reader then puts the copies in order (tap.go, timeline.go); nothing on the relay's way does.
package media
