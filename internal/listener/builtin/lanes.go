package builtin

// abreast is how many places of a phrase the SIMD path takes together.
const abreast = 8

// A lane is what stands beside eight places of a phrase for the SIMD path.
type lane struct {
	index       [2 * abreast]uint32 // of each place's sound in the table, for the upper half of a way; 0 for the lower one
	second      uint16              // which of those indices lie in the table's second half
	again, skip uint8               // place by place, from the lowest bit on
	places      int
}

// tableSize is how many sounds, each one or one of two phonemes, a table has room for; the first one is nothing.
const tableSize = 64

// A table is an emission for the SIMD path: of each sound that phrases are made of, and the blank, in parts of a nat.
type table struct {
	sounds  [tableSize]int32
	silence way
}

// lay puts the phrases in lanes. Where they have more sounds than a table, none is.
func (v *vocabulary) lay() {
	at := map[[2]uint8]int{}
	v.sounds = [][2]uint8{{}}
	for i := range v.phrases {
		p := &v.phrases[i]
		p.lanes = make([]lane, (len(p.pattern.places)+abreast-1)/abreast)
		for k, place := range p.pattern.places {
			sound := [2]uint8{place.a, place.b}
			index, ok := at[sound]
			if !ok {
				index = len(v.sounds)
				at[sound], v.sounds = index, append(v.sounds, sound)
			}
			l, bit := &p.lanes[k/abreast], k%abreast
			l.index[2*bit+1] = uint32(index)
			if index >= tableSize/2 {
				l.second |= 1 << (2*bit + 1)
			}
			if place.again {
				l.again |= 1 << bit
			}
			if place.skip {
				l.skip |= 1 << bit
			}
			l.places++
		}
	}
	if len(v.sounds) > tableSize {
		v.sounds = nil
	}
}

// fill makes the table of an emission.
func (t *table) fill(v *vocabulary, e heard) {
	for i, s := range v.sounds[1:] {
		t.sounds[1+i] = max(e[s[0]], e[s[1]])
	}
	t.silence = way(e[0]) << 32
}
