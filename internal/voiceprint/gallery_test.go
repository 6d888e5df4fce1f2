package voiceprint

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func random(r *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// filled gives a gallery of n voices, some of them alike, and the vectors by id.
func filled(t testing.TB, r *rand.Rand, n, dims int) (*Gallery, map[string][]float32) {
	t.Helper()
	g, err := NewGallery(dims)
	if err != nil {
		t.Fatal(err)
	}
	g.Grow(n)
	all := map[string][]float32{}
	var last []float32
	for i := range n {
		v := random(r, dims)
		if last != nil && i%3 == 0 { // a voice like the one before, to 1e-3
			for k := range v {
				v[k] = last[k] + 1e-3*v[k]
			}
		}
		id := fmt.Sprintf("v%05d", i)
		if err := g.Enrol(id, v); err != nil {
			t.Fatal(err)
		}
		all[id], last = v, v
	}
	return g, all
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// Both searches give the voices that double precision gives, in its order, for dimensions that fill a lane and that don't.
func TestBothSearchesAreExact(t *testing.T) {
	for _, dims := range []int{13, 192, 256} {
		r := rand.New(rand.NewPCG(1, uint64(dims)))
		g, all := filled(t, r, 3000, dims)
		for range 20 {
			q := random(r, dims)
			if r.IntN(2) == 0 { // somebody who is registered, over another line
				for i, x := range all[fmt.Sprintf("v%05d", r.IntN(3000))] {
					q[i] = x + 0.3*q[i]
				}
			}
			exact, err := g.Exact(q, 10)
			if err != nil || len(exact) != 10 {
				t.Fatal(exact, err)
			}
			coded, err := g.Identify(q, 10)
			if err != nil || !slices.Equal(exact, coded) {
				t.Fatalf("%d dimensions: %v and %v (%v)", dims, exact, coded, err)
			}
			var scores []float64
			for _, v := range all {
				scores = append(scores, cosine(q, v))
			}
			slices.Sort(scores)
			for i, m := range exact {
				want := scores[len(scores)-1-i]
				if math.Abs(float64(m.Score)-want) > 1e-5 || math.Abs(cosine(q, all[m.ID])-want) > 1e-5 {
					t.Errorf("%d dimensions, place %d: %v, want %v", dims, i, m, want)
				}
			}
		}
	}
}

// The SIMD path, where there is one, gives what the plain one gives.
func TestSIMDIsThePlainPath(t *testing.T) {
	var g *Gallery
	for _, dims := range []int{32, 192, 224, 256, 288} { // one lane, what fits in registers and what doesn't
		r := rand.New(rand.NewPCG(2, uint64(dims)))
		g, _ = filled(t, r, 100, dims)
		v, err := g.unit(random(r, dims))
		if err != nil {
			t.Fatal(err)
		}
		a, b := make([]float32, 100), make([]float32, 100)
		dots(a, g.vectors, v)
		dotsPlain(b, g.vectors, v)
		for i := range a {
			if math.Abs(float64(a[i]-b[i])) > 1e-6 {
				t.Errorf("%d dimensions, vector %d: %v and %v", dims, i, a[i], b[i])
			}
		}
		c, d, q := make([]int32, 100), make([]int32, 100), encode(v)
		codeDots(c, g.codes, q.codes)
		codeDotsPlain(d, g.codes, q.codes)
		if !slices.Equal(c, d) {
			t.Errorf("%d dimensions: %v\n%v", dims, c, d)
		}
	}
	if x, y := total(g.vectors), totalPlain(g.vectors); math.Abs(float64(x-y)) > 1e-3 {
		t.Errorf("total %v and %v", x, y)
	}
	t.Logf("SIMD: %v", simdReady())
}

// What is erased is found by neither search, is not in memory, and the others are still found.
func TestErase(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	g, all := filled(t, r, 50, 64)
	gone := all["v00017"]
	unit, _ := g.unit(gone)
	if !g.Erase("v00017") || g.Erase("v00017") || g.Len() != 49 {
		t.Fatal("erased twice or not at all")
	}
	for id, v := range all {
		for _, search := range []func([]float32, int) ([]Match, error){g.Exact, g.Identify} {
			m, err := search(v, 1)
			if err != nil || (m[0].ID == id) != (id != "v00017") {
				t.Errorf("%s: %v %v", id, m, err)
			}
		}
	}
	for _, at := range [][]float32{g.vectors[:cap(g.vectors)]} {
		for i := 0; i+64 <= len(at); i += 64 {
			if slices.Equal(at[i:i+64], unit) {
				t.Errorf("the vector is still in memory at %d", i)
			}
		}
	}
}

func TestBadVectors(t *testing.T) {
	g, err := NewGallery(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		v    []float32
		want error
	}{
		{[]float32{1, 2}, ErrDimensions}, {nil, ErrDimensions}, {[]float32{0, 0, 0}, ErrVector},
		{[]float32{float32(math.NaN()), 0, 1}, ErrVector}, {[]float32{float32(math.Inf(1)), 0, 1}, ErrVector},
	} {
		if err := g.Enrol("x", c.v); !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.v, err)
		}
		if _, err := g.Identify(c.v, 1); !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.v, err)
		}
	}
	if m, err := g.Identify([]float32{1, 0, 0}, 5); err != nil || len(m) != 0 {
		t.Errorf("an empty gallery: %v %v", m, err)
	}
	if err := errors.Join(g.Enrol("a", []float32{1, 0, 0}), g.Enrol("b", []float32{1, 0, 0})); err != nil {
		t.Fatal(err)
	}
	if err := g.Enrol("a", []float32{0, 1, 0}); !errors.Is(err, ErrRegistered) {
		t.Error(err)
	}
	if m, err := g.Identify([]float32{2, 0, 0}, 5); err != nil || !slices.Equal(m, []Match{{"a", 1}, {"b", 1}}) {
		t.Errorf("%v %v", m, err)
	}
	if m, err := g.Exact([]float32{2, 0, 0}, 0); err != nil || len(m) != 0 {
		t.Errorf("none asked for: %v %v", m, err)
	}
	if _, err := NewGallery(0); !errors.Is(err, ErrDimensions) {
		t.Error(err)
	}
}

func BenchmarkSearch(b *testing.B) {
	g, _ := filled(b, rand.New(rand.NewPCG(4, 4)), 20000, 256)
	q := random(rand.New(rand.NewPCG(5, 5)), 256)
	b.Run("exact", func(b *testing.B) {
		for b.Loop() {
			_, _ = g.Exact(q, 10)
		}
	})
	b.Run("coded", func(b *testing.B) {
		for b.Loop() {
			_, _ = g.Identify(q, 10)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			_ = g.Read()
		}
	})
}
