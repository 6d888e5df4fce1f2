package media

import (
	"bytes"
	"testing"
)

func TestParseRTP(t *testing.T) {
	plain := raw(8, 7, 9, 11, 3, 5)
	csrc := append(append(bytes.Clone(plain[:12]), 1, 2, 3, 4), plain[12:]...)
	csrc[0] |= 1
	extension := append(append(bytes.Clone(plain[:12]), 0xBE, 0xDE, 0, 1, 1, 2, 3, 4), plain[12:]...)
	extension[0] |= 0x10
	padded := append(bytes.Clone(plain), 0, 0, 3)
	padded[0] |= 0x20
	for name, b := range map[string][]byte{"plain": plain, "csrc": csrc, "extension": extension, "padding": padded} {
		k, ok := parseRTP(b)
		if !ok || k.typ != 8 || k.sequence != 7 || k.ts != 9 || k.ssrc != 11 || !bytes.Equal(k.payload, []byte{5, 5, 5}) {
			t.Errorf("%s: %+v %v", name, k, ok)
		}
	}
	bad := map[string][]byte{
		"empty": nil, "short": plain[:11], "version 1": append([]byte{0x40}, plain[1:]...),
		"csrc beyond the end":      append([]byte{0x8F}, plain[1:]...),
		"extension beyond the end": append([]byte{0x90}, append(bytes.Clone(plain[1:12]), 0, 0, 0xFF, 0xFF)...),
		"no padding count":         append([]byte{0xA0}, append(bytes.Clone(plain[1:]), 0)...),
		"padding beyond the end":   append([]byte{0xA0}, append(bytes.Clone(plain[1:]), 200)...),
	}
	for name, b := range bad {
		if _, ok := parseRTP(b); ok {
			t.Errorf("%s: accepted", name)
		}
	}
}

// What is parsed, written as a plain header and parsed again is the same packet.
func FuzzParseRTP(f *testing.F) {
	f.Add(raw(0, 1, 2, 3, 20, 4))
	f.Add([]byte{0xB1, 0x80, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0, 0, 0, 1, 1, 2, 3, 4, 7, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, ok := parseRTP(b)
		if !ok {
			return
		}
		if k.offset < headerSize || k.offset+len(k.payload) > len(b) {
			t.Fatalf("payload %d+%d outside of %d octets", k.offset, len(k.payload), len(b))
		}
		out := make([]byte, headerSize, headerSize+len(k.payload))
		putHeader(out, k.marker, k.typ, k.sequence, k.ts, k.ssrc)
		back, ok := parseRTP(append(out, k.payload...))
		k.offset, back.offset = 0, 0
		if !ok || back.marker != k.marker || back.typ != k.typ || back.sequence != k.sequence || back.ts != k.ts || back.ssrc != k.ssrc || !bytes.Equal(back.payload, k.payload) {
			t.Fatalf("%+v came back as %+v", k, back)
		}
	})
}
