package builtin

import (
	"testing"

	"commusafe/internal/voiceprint"
)

// Who changes the embedding measures its threshold anew: it belongs to the source's name.
func TestTheEmbeddingHasAThreshold(t *testing.T) {
	if least, known := voiceprint.Threshold(SpeakerSource); !known || least <= 0 || least >= 1 {
		t.Errorf("%s: %v %v", SpeakerSource, least, known)
	}
	if _, known := voiceprint.Threshold("builtin-voice/0"); known {
		t.Error("a source that was never measured has a threshold")
	}
}
