//go:build goexperiment.simd && amd64

package voiceprint

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The wide path adds in the order of the other: a score is the same to the bit on every machine that has SIMD.
func TestWideSumsAreLaneSums(t *testing.T) {
	if !wideReady() {
		t.Skip("no AVX-512 here")
	}
	for n := lane; n <= atHand; n += lane {
		r := rand.New(rand.NewPCG(3, uint64(n)))
		vectors, v := random(r, 5*n), random(r, n)
		wide, lanes := make([][8]float32, 5), make([][8]float32, 5)
		wideSums(wide, vectors, v)
		laneSums(lanes, vectors, v)
		if !slices.Equal(wide, lanes) {
			t.Errorf("%d numbers: %v and %v", n, wide, lanes)
		}
	}
}
