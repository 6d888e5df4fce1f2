package bus

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"commusafe/internal/audio"
	"commusafe/internal/call"
)

// A Sound is a batch of one party's G.711 as received, usually 100 ms.
type Sound struct {
	Call  call.ID
	Party call.Party
	Seq   uint32 // counts the batches of a party from 0
	// Lost has a bit for each 20 ms of the batch that did not come, the first in bit 0.
	Lost   uint32
	End    bool // no more sound of this party comes
	Octets audio.Octets
}

// soundHeader is the size of the fixed binary header:
//
//	0 version  1 party (0 caller, 1 agent)  2 codec (RTP payload type)  3 flags (bit 0: end)
//	4 call (16 octets, RFC 9562)  20 sample (int64)  28 seq (uint32)  32 lost mask (uint32)  36 octets of G.711
const soundHeader = 36

// maxSound bounds a batch: 640 ms, which is what the lost mask covers.
const maxSound = 640 * audio.SamplesPerMS

// Encode appends the message to b.
func (s Sound) Encode(b []byte) ([]byte, error) {
	id, err := uuid.Parse(string(s.Call))
	if err != nil {
		return b, fmt.Errorf("sound of call %q: %w", s.Call, err)
	}
	if len(s.Octets.Data) > maxSound {
		return b, fmt.Errorf("sound batch of %d octets is longer than %d", len(s.Octets.Data), maxSound)
	}
	var party, flags byte
	if s.Party == call.Agent {
		party = 1
	}
	if s.End {
		flags = 1
	}
	b = append(b, Version, party, byte(s.Octets.Codec), flags)
	b = append(b, id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Octets.Sample))
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	b = binary.BigEndian.AppendUint32(b, s.Lost)
	return append(b, s.Octets.Data...), nil
}

// DecodeSound reads a message. Octets.Data is part of b.
func DecodeSound(b []byte) (Sound, error) {
	if len(b) < soundHeader || len(b) > soundHeader+maxSound {
		return Sound{}, fmt.Errorf("sound message of %d octets", len(b))
	}
	if b[0] != Version || b[1] > 1 || b[3] > 1 || b[2] != byte(audio.PCMU) && b[2] != byte(audio.PCMA) {
		return Sound{}, errors.New("sound message of another version, party or codec")
	}
	s := Sound{Party: call.Caller, End: b[3] == 1, Call: call.ID(uuid.UUID(b[4:20]).String())}
	if b[1] == 1 {
		s.Party = call.Agent
	}
	s.Octets = audio.Octets{Codec: audio.Codec(b[2]), Sample: int64(binary.BigEndian.Uint64(b[20:])), Data: b[soundHeader:]}
	s.Seq, s.Lost = binary.BigEndian.Uint32(b[28:]), binary.BigEndian.Uint32(b[32:])
	if s.Octets.Sample < 0 {
		return Sound{}, errors.New("sound message before the call")
	}
	return s, nil
}
