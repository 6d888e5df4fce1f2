package builtin

// ActivityInputs gives what the net of voice activity sees of a clip of 8 kHz samples: activityInputs numbers for each
// slot of 20 ms. Training takes it from here, so that there is one front end only.
func ActivityInputs(pcm []int16) [][]float32 {
	var level voiceLevel
	var out [][]float32
	front := newVoiceFront(newVoiceBank())
	front.feed(pcm, func(f *voiceFrame, _ []int16) {
		in := make([]float32, activityInputs)
		if level.follow(f) {
			level.inputs(f, in)
		}
		out = append(out, in)
	})
	return out
}

func newVoiceBank() *melBank { return newMelBank(voiceWindow, voiceBands, voiceLow, voiceHigh) }

// AngerInputs gives what the anger net sees of a clip: one row for each second with enough speech before it, and one at
// the end.
func AngerInputs(pcm []int16) [][]float32 {
	a, err := LoadActivity()
	if err != nil {
		return nil
	}
	var out [][]float32
	s := a.open()
	newAngerWindows(s, func(in []float32, _ int) { out = append(out, in) })
	s.Close(s.Feed(pcm, nil))
	return out
}

// SpeakerInputs gives what the voice embedding sees of a clip, one row; none with too little speech.
func SpeakerInputs(pcm []int16) [][]float32 {
	a, err := LoadActivity()
	if err != nil {
		return nil
	}
	if in := speakerInputs(a, pcm); in != nil {
		return [][]float32{in}
	}
	return nil
}
