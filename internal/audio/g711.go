package audio

import "fmt"

// A Codec is one of the two G.711 laws, by its static RTP payload type (RFC 3551 §6).
type Codec uint8

// The codecs of a Japanese trunk.
const (
	PCMU Codec = 0
	PCMA Codec = 8
)

// String gives the codec's SDP encoding name.
func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	}
	return fmt.Sprintf("payload type %d", uint8(c))
}

// ParseCodec knows PCMU and PCMA.
func ParseCodec(name string) (Codec, error) {
	switch name {
	case "PCMU":
		return PCMU, nil
	case "PCMA":
		return PCMA, nil
	}
	return 0, fmt.Errorf("codec %q is not one of PCMU, PCMA", name)
}

// Silence is the octet that decodes to the smallest amplitude.
func (c Codec) Silence() byte {
	if c == PCMA {
		return 0xD5
	}
	return 0xFF
}

//nolint:gochecknoglobals // tables, read only
var (
	ulawToLinear, alawToLinear = decodeTables()
	linearToULaw, linearToALaw = encodeTables()
)

// Decode appends the samples of src to dst.
func (c Codec) Decode(dst []int16, src []byte) []int16 {
	table := &ulawToLinear
	if c == PCMA {
		table = &alawToLinear
	}
	for _, b := range src {
		dst = append(dst, table[b])
	}
	return dst
}

// Encode appends the octets of src to dst.
func (c Codec) Encode(dst []byte, src []int16) []byte {
	table := &linearToULaw
	if c == PCMA {
		table = &linearToALaw
	}
	for _, s := range src {
		dst = append(dst, table[uint16(s)>>2])
	}
	return dst
}

// Transcode appends src, octets of codec c, to dst as octets of codec to.
func (c Codec) Transcode(dst []byte, src []byte, to Codec) []byte {
	if c == to {
		return append(dst, src...)
	}
	from, table := &ulawToLinear, &linearToALaw
	if c == PCMA {
		from, table = &alawToLinear, &linearToULaw
	}
	for _, b := range src {
		dst = append(dst, table[uint16(from[b])>>2])
	}
	return dst
}

// decodeTables builds both expansion tables from the segment formulas of ITU-T G.711.
func decodeTables() (u, a [256]int16) {
	for i := range 256 {
		b := ^byte(i)
		mag := (int(b&0x0F)<<3 + 0x84) << (b >> 4 & 7)
		mag -= 0x84
		if b&0x80 != 0 {
			mag = -mag
		}
		u[i] = int16(mag)

		b = byte(i) ^ 0x55
		mag = int(b&0x0F)<<4 + 8
		if seg := b >> 4 & 7; seg > 0 {
			mag = (mag + 0x100) << (seg - 1)
		}
		if b&0x80 == 0 {
			mag = -mag
		}
		a[i] = int16(mag)
	}
	return u, a
}

// encodeTables gives the octet for each of the 16,384 values of a 14-bit sample.
func encodeTables() (u, a [1 << 14]byte) {
	for i := range 1 << 14 {
		s := int(int16(uint16(i) << 2))
		u[i] = encodeULaw(s)
		a[i] = encodeALaw(s)
	}
	return u, a
}

func encodeULaw(s int) byte {
	sign := byte(0)
	if s < 0 {
		s, sign = -s, 0x80
	}
	s = min(s, 32635) + 0x84
	seg := byte(7)
	for bit := 0x4000; seg > 0 && s&bit == 0; bit >>= 1 {
		seg--
	}
	return ^(sign | seg<<4 | byte(s>>(seg+3)&0x0F))
}

func encodeALaw(s int) byte {
	sign := byte(0x80)
	if s < 0 {
		s, sign = -s-1, 0
	}
	s = min(s, 32767)
	if s < 256 {
		return (sign | byte(s>>4)) ^ 0x55
	}
	seg := byte(7)
	for bit := 0x4000; seg > 1 && s&bit == 0; bit >>= 1 {
		seg--
	}
	return (sign | seg<<4 | byte(s>>(seg+3)&0x0F)) ^ 0x55
}
