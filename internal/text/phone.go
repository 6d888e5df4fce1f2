package text

import "slices"

// A Phone is a phoneme as a number, for what compares many of them. Zero is none.
type Phone uint8

// phoneNames are the phonemes by their number, as Open JTalk names them. "h|w" is the は that may be a particle; "?" is a
// sound that isn't known.
func phoneNames() [phones]string {
	return [phones]string{"", "a", "i", "u", "e", "o", "N", "cl", "k", "ky", "g", "gy", "s", "sh", "z", "j", "t", "ty", "ch", "ts",
		"d", "dy", "n", "ny", "h", "hy", "f", "b", "by", "p", "py", "m", "my", "y", "r", "ry", "w", "v", "h|w", "?"}
}

const (
	phones         = 40 // how many there are
	vowels   Phone = 5  // the first are the vowels
	phoneI   Phone = 2
	phoneU   Phone = 3
	phoneE   Phone = 4
	phoneO   Phone = 5
	particle Phone = phones - 2
	unknown  Phone = phones - 1
)

// String gives the phoneme's name.
func (p Phone) String() string {
	if p >= phones {
		return "?"
	}
	return phoneNames()[p]
}

// phoneNamed gives the number of a phoneme.
func phoneNamed(name string) Phone {
	all := phoneNames()
	return Phone(max(0, slices.Index(all[:], name)))
}

// Phones gives the phonemes of a reading in kana that must be there. The error is that of Sounds.
func Phones(reading string) ([]Phone, error) {
	places, err := Sounds(reading)
	if err != nil {
		return nil, err
	}
	var out []Phone
	for _, s := range places {
		switch {
		case s.Optional:
		case s.B == "w":
			out = append(out, particle)
		default:
			out = append(out, phoneNamed(s.A))
		}
	}
	return out, nil
}

// Lengthens tells whether a phoneme only draws the one before it out: ああ, おう, えい.
func (p Phone) Lengthens(before Phone) bool {
	return p <= vowels && p != 0 && (p == before || p == phoneU && before == phoneO || p == phoneI && before == phoneE)
}
