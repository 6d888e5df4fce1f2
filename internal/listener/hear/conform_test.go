package hear_test

import (
	"path/filepath"
	"testing"

	"commusafe/internal/audio"
	"commusafe/internal/listener/hear"
	"commusafe/internal/listener/hear/heartest"
)

func TestLevelActivityConforms(t *testing.T) {
	w, err := audio.ReadWAVFile(filepath.Join("..", "..", "proof", "demo", "sound", "threat-caller.wav"))
	if err != nil {
		t.Fatal(err)
	}
	heartest.Activity(t, hear.LevelActivity{}, w.Channels[0][12*8000:20*8000])
}
