package audio

import "commusafe/internal/call"

// Octets is a stretch of one leg's G.711 as it was received, placed on call time by RTP timestamp.
// It is what the recorder writes and what the listener is sent; nothing in between decodes it.
type Octets struct {
	Sample int64 // first sample's place on call time, in samples since the INVITE
	Codec  Codec
	Data   []byte // one octet a sample
	Lost   bool   // nothing came for this stretch: Data is the codec's silence
}

// At gives the place of the first sample in call time.
func (o Octets) At() call.Millis { return call.Millis(o.Sample / SamplesPerMS) }

// End gives the sample after the last one.
func (o Octets) End() int64 { return o.Sample + int64(len(o.Data)) }
