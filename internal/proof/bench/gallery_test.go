package bench

import (
	"encoding/json"
	"io"
	"math"
	"strings"
	"testing"
)

// The measure searches galleries of three sizes, finds who is there, and both searches agree.
func TestGallery(t *testing.T) {
	m, err := RunGallery(t.Context(), GalleryOptions{Voices: 2000, Dimensions: 64, Rounds: 4, Best: 5}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Rows) != 3 || m.Rows[0].Voices != 200 || m.Rows[1].Voices != 1000 || m.Rows[2].Bytes != 4*64*2000 {
		t.Errorf("%+v", m.Rows)
	}
	for _, r := range m.Rows {
		if r.Different != 0 || r.Found != 4 {
			t.Errorf("%+v", r)
		}
	}
}

// A gallery that is read in no time at all gives figures that can be printed, too.
func TestASmallGallery(t *testing.T) {
	m, err := RunGallery(t.Context(), GalleryOptions{Voices: 10, Dimensions: 8, Rounds: 9, Best: 5}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(m.Rows); err != nil {
		t.Error(err)
	}
}

// A gallery that no memory holds is refused with a sentence before anything is asked of the memory.
func TestAGalleryThatNoMemoryHolds(t *testing.T) {
	for _, o := range []GalleryOptions{{Voices: 1e12, Dimensions: 256, Rounds: 1}, {Voices: 1, Dimensions: 1 << 50, Rounds: 1}, {Voices: math.MaxInt, Dimensions: math.MaxInt, Rounds: 1}} {
		if _, err := RunGallery(t.Context(), o, io.Discard); err == nil || !strings.Contains(err.Error(), "GB of memory") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if err := (GalleryOptions{Voices: 100000, Dimensions: 256}).fit(0); err != nil {
		t.Errorf("where the memory is not known: %v", err)
	}
}
