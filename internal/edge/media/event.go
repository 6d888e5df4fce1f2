package media

import "commusafe/internal/call"

// A Kind says what an Event tells.
type Kind uint8

// The kinds of events.
const (
	DTMF          Kind = iota + 1 // a key was pressed: Digit
	Latched                       // the first valid packet of the party came; its address is now fixed
	Timeout                       // no RTP from the party for Config.Timeout although it is expected to send
	CodecMismatch                 // the party sends a payload type which was not negotiated
)

// String names the kind for logs.
func (k Kind) String() string {
	switch k {
	case DTMF:
		return "dtmf"
	case Latched:
		return "latched"
	case Timeout:
		return "timeout"
	case CodecMismatch:
		return "codec_mismatch"
	}
	return "unknown"
}

// An Event is something a call's owner wants to know of its media.
type Event struct {
	At    call.Millis
	Party call.Party
	Kind  Kind
	Digit byte // of DTMF: 0–9 * # A–D
}

// eventRoom is how many events wait for the reader before further ones are lost and counted.
const eventRoom = 64
