//go:build goexperiment.simd && amd64

package builtin

import (
	"math/bits"
	"simd/archsimd"
)

// feedWide is feed with AVX-512: eight places at a time, to the same bits.
func (a *aligner) feedWide(t *table, lanes []lane) (score float32, begin int32) {
	t0, t1 := archsimd.LoadInt32x16((*[16]int32)(t.sounds[:16])), archsimd.LoadInt32x16((*[16]int32)(t.sounds[16:32]))
	t2, t3 := archsimd.LoadInt32x16((*[16]int32)(t.sounds[32:48])), archsimd.LoadInt32x16((*[16]int32)(t.sounds[48:]))
	none, limit := archsimd.BroadcastInt64x8(int64(noWay)), archsimd.BroadcastInt64x8(int64(a.limit))
	oldest, low := archsimd.BroadcastInt64x8(int64(a.oldest())), archsimd.BroadcastInt64x8(wayUnit-1)
	silence := archsimd.BroadcastInt64x8(int64(t.silence))
	alive := -1
	for c := a.top() / abreast; c >= 0; c-- {
		l := &lanes[c]
		place, blank := (*[abreast + 2]int64)(a.place[c*abreast:]), (*[abreast + 2]int64)(a.blank[c*abreast:])
		here := load8(place[2:])
		before := none.Merge(load8(place[1:]), archsimd.Mask64x8FromBits(l.again))
		into := here.Max(load8(blank[1:])).Max(before)
		if l.skip != 0 {
			into = into.Max(load8(place[:]).Max(load8(blank[:])).Merge(none, archsimd.Mask64x8FromBits(l.skip)))
		}
		index := archsimd.LoadUint32x16(&l.index)
		said := t2.ConcatPermute(t3, index).Merge(t0.ConcatPermute(t1, index), archsimd.Mask32x16FromBits(l.second))
		into = into.Add(said.AsInt64x8())
		over := here.Max(load8(blank[2:])).Add(silence)
		into = none.Merge(into, into.Less(limit).Or(into.And(low).Greater(oldest)))
		over = none.Merge(over, over.Less(limit).Or(over.And(low).Greater(oldest)))
		if l.places < abreast { // nothing stands behind the last place
			there := archsimd.Mask64x8FromBits(1<<l.places - 1)
			into, over = into.Merge(none, there), over.Merge(none, there)
		}
		into.Store((*[abreast]int64)(place[2:]))
		over.Store((*[abreast]int64)(blank[2:]))
		if alive < 0 {
			if reached := into.Max(over).Greater(none).ToBits(); reached != 0 {
				alive = c*abreast + bits.Len8(reached) - 1
			}
		}
	}
	archsimd.ClearAVXUpperBits()
	return a.end(alive)
}

func load8(s []int64) archsimd.Int64x8 { return archsimd.LoadInt64x8((*[abreast]int64)(s)) }
