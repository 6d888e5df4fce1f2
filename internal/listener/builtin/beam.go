package builtin

import (
	"math"
	"slices"
)

// Numbers of the search for what was said.
const (
	beamWidth = 32   // readings that are followed
	beamFar   = 5    // nats under the likeliest reading, beyond which none is begun
	beamNear  = 12   // nats under the best phoneme of a step, beyond which one is not looked at
	beamNodes = 2048 // phonemes of all readings together; when there are more, the best reading alone goes on
)

// never stands for the logarithm of nothing.
const never = float32(-1e30)

// A beam reads a stretch of emissions with what a language model knows of the phonemes that follow each other: prefix beam search through
// connectionist temporal classification (Graves & Jaitly 2014; Hannun et al. 2014). It keeps the readings that are likeliest so far.
type beam struct {
	language *Language
	pause    uint8
	readings []reading
	nodes    []node
	room     []uint8
}

// A beamRoom is what a beam works with.
type beamRoom struct {
	next    []reading
	lookups [beamWidth]lookup // of the readings
	found   [beamWidth]bool   // which of them are there
}

// A reading is what may have been said so far. Likelihoods are logarithms, relative to any one reading's.
type reading struct {
	node    int32   // its last phoneme
	phoneme uint8   // the same; 0 before the first
	blank   float32 // heard so far, ending in a blank
	sound   float32 // … and in the phoneme
	meant   float32 // by the language
	past    past    // before the next phoneme
	from    int32   // the reading that it continues, where its node is still to be made; or -1
	total   float32
}

// A node is a phoneme of a reading and the one before it.
type node struct {
	before  int32
	phoneme uint8
}

// sum adds likelihoods.
func sum(a, b float32) float32 {
	if a < b {
		a, b = b, a
	}
	if b <= never/2 || a-b > 20 {
		return a
	}
	return a + float32(math.Log1p(math.Exp(float64(b-a))))
}

// begin forgets what was read.
func (b *beam) begin() {
	b.nodes = b.nodes[:0]
	b.readings = append(b.readings[:0], reading{node: -1, sound: never, past: b.language.opening(), from: -1})
}

// step takes the next emission.
func (b *beam) step(e emission, room *beamRoom) {
	next := append(room.next[:0], b.readings...)
	clear(room.found[:])
	most := e[0]
	for _, v := range e {
		most = max(most, v)
	}
	rest := max(e[0], e[b.pause]) // a pause is heard as nothing
	for i := range next {
		r := &next[i]
		all := sum(r.blank, r.sound)
		r.sound += e[r.phoneme]
		if r.phoneme == 0 {
			r.sound = never
		}
		r.blank = all + rest
		r.total = sum(r.blank, r.sound) + r.meant
	}
	best, worst := next[0].total, next[0].total
	for i := range next {
		best, worst = max(best, next[i].total), min(worst, next[i].total)
	}
	least := best - beamFar
	if len(next) == beamWidth {
		least = max(least, worst) // what is less likely than beamWidth others is not kept
	}
	for p := 1; p < len(e); p++ {
		if e[p] < most-beamNear || uint8(p) == b.pause {
			continue
		}
		for i := range b.readings {
			next = b.extend(next, room, i, uint8(p), e[p], least)
		}
	}
	for i := range next {
		next[i].total = sum(next[i].blank, next[i].sound) + next[i].meant
	}
	b.keep(likeliest(next))
	room.next = next
}

// likeliest leaves the beamWidth likeliest readings, in their order.
func likeliest(of []reading) []reading {
	if len(of) <= beamWidth {
		return of
	}
	var top [beamWidth]float32 // falling
	n := 0
	for i := range of {
		v := of[i].total
		if n == beamWidth && v <= top[n-1] {
			continue
		}
		n = min(n+1, beamWidth)
		k := n - 1
		for ; k > 0 && top[k-1] < v; k-- {
			top[k] = top[k-1]
		}
		top[k] = v
	}
	least, same := top[beamWidth-1], 0 // of those that are as likely as the last one the first ones stay
	for _, v := range top {
		if v == least {
			same++
		}
	}
	out := of[:0]
	for _, r := range of {
		if r.total == least {
			same--
		}
		if r.total > least || r.total == least && same >= 0 {
			out = append(out, r)
		}
	}
	return out
}

// extend adds what the i-th reading becomes by a phoneme, unless that is less likely than least.
func (b *beam) extend(next []reading, room *beamRoom, i int, phoneme uint8, heard, least float32) []reading {
	r := &b.readings[i]
	sound := sum(r.blank, r.sound)
	if phoneme == r.phoneme {
		sound = r.blank // without a blank between it is the same phoneme
	}
	if sound <= never/2 {
		return next
	}
	sound += heard
	for k := range b.readings {
		if o := &b.readings[k]; o.phoneme == phoneme && o.node >= 0 && b.nodes[o.node].before == r.node {
			next[k].sound = sum(next[k].sound, sound)
			return next
		}
	}
	n := reading{phoneme: phoneme, blank: never, sound: sound, meant: r.meant, past: r.past, from: int32(i)}
	if n.sound+n.meant+b.language.Each < least { // it costs something yet
		return next
	}
	if phoneme != r.phoneme { // one that is said twice is one
		if !room.found[i] {
			room.lookups[i].about(r.past)
			room.found[i] = true
		}
		cost, past := b.language.cost(&room.lookups[i], phoneme)
		n.meant, n.past = n.meant+b.language.Each-b.language.Likely*cost, past
	}
	return append(next, n)
}

// keep takes the readings that go on, the likelihoods relative to the best one's, and makes their nodes.
func (b *beam) keep(next []reading) {
	best := 0
	for i := range next {
		if next[i].total > next[best].total {
			best = i
		}
	}
	if len(b.nodes)+len(next) > beamNodes {
		next = b.alone(next, best)
		best = 0
	}
	off := max(next[best].blank, next[best].sound)
	meant := next[best].meant
	for i := range next {
		r := &next[i]
		if r.from >= 0 {
			b.nodes = append(b.nodes, node{b.readings[r.from].node, r.phoneme})
			r.node, r.from = int32(len(b.nodes)-1), -1
		}
		r.blank, r.sound, r.meant = max(r.blank-off, never), max(r.sound-off, never), r.meant-meant
	}
	b.readings = append(b.readings[:0], next...)
}

// alone leaves the best reading, its nodes side by side.
func (b *beam) alone(next []reading, best int) []reading {
	r := next[best]
	last := r.node
	if r.from >= 0 {
		last = b.readings[r.from].node
	}
	said := b.path(last, b.room)
	b.room, b.nodes = said, b.nodes[:0]
	for i, p := range said {
		b.nodes = append(b.nodes, node{int32(i - 1), p})
	}
	last = int32(len(said) - 1)
	if r.from >= 0 {
		b.nodes = append(b.nodes, node{last, r.phoneme})
		last++
	}
	r.node, r.from = last, -1
	next[0] = r
	return next[:1]
}

// path gives the phonemes up to a node.
func (b *beam) path(n int32, out []uint8) []uint8 {
	for out = out[:0]; n >= 0; n = b.nodes[n].before {
		out = append(out, b.nodes[n].phoneme)
	}
	slices.Reverse(out)
	return out
}

// said gives the likeliest reading, no phoneme twice in a row.
func (b *beam) said(out []uint8) []uint8 {
	best := &b.readings[0]
	for i := range b.readings {
		if b.readings[i].total > best.total {
			best = &b.readings[i]
		}
	}
	return slices.Compact(b.path(best.node, out))
}
