package call

import "strings"

// A Withholding says why a caller's number is not shown. Japanese carriers tell the kinds apart by the
// display name of the anonymous identity (TTC JJ-90.22 and the carriers' interface documents).
type Withholding string

// Kinds of missing numbers.
const (
	Shown       Withholding = ""
	Withheld    Withholding = "withheld"    // 非通知: the caller chose not to show it
	Payphone    Withholding = "payphone"    // 公衆電話
	OutOfArea   Withholding = "out_of_area" // 表示圏外: the network can't show it
	Unspecified Withholding = "unknown"     // no identity came at all
)

// Withholdings lists the kinds of missing numbers.
func Withholdings() []Withholding { return []Withholding{Withheld, Payphone, OutOfArea, Unspecified} }

// A Number is a telephone number as it came and as it is compared.
type Number struct {
	Raw string `json:"raw,omitempty"` // the user part as it came
	// E164 is the normalised form with a leading +, the key of limits; empty for extensions and withheld numbers.
	E164     string      `json:"e164,omitempty"`
	Withheld Withholding `json:"withheld,omitempty"`
}

// ParseNumber normalises a Japanese telephone number: full-width digits, hyphens and brackets, the prefixes
// 184 and 186 (hide and show the number for one call), 010 and +81, numbers of all kinds beginning with 0
// (0AB-J, 050, 060/070/080/090, 0120, 0800, 0570). What is no such number stays as it came.
func ParseNumber(raw string) Number {
	n := Number{Raw: raw}
	digits := dialled(raw)
	if rest, ok := strings.CutPrefix(digits, "184"); ok && strings.HasPrefix(rest, "0") {
		digits = rest
	} else if rest, ok := strings.CutPrefix(digits, "186"); ok && strings.HasPrefix(rest, "0") {
		digits = rest
	}
	switch {
	case strings.HasPrefix(digits, "+810"): // +81 (0)3 …, a common mistake
		digits = "+81" + digits[4:]
	case strings.HasPrefix(digits, "+"):
	case strings.HasPrefix(digits, "010") && len(digits) > 10:
		digits = "+" + digits[3:]
	case strings.HasPrefix(digits, "0") && len(digits) >= 9 && len(digits) <= 11:
		digits = "+81" + digits[1:]
	case strings.HasPrefix(digits, "81") && (len(digits) == 11 || len(digits) == 12):
		digits = "+" + digits
	default:
		return n
	}
	if len(digits) < 8 || len(digits) > 16 || strings.Contains(digits[1:], "+") || strings.HasPrefix(digits, "+810") { // no Japanese number begins with 00
		return n
	}
	n.E164 = digits
	return n
}

// dialled keeps what can be dialled: ASCII digits and a leading plus; it folds full-width forms.
func dialled(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '!'+0xFEE0 && r <= '~'+0xFEE0 {
			r -= 0xFEE0
		}
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r == '-' || r == '(' || r == ')' || r == ' ' || r == '.' || r == '‐' || r == '−' || r == 'ー' || r == '　':
		default:
			return "" // letters: no telephone number
		}
	}
	return b.String()
}

// Shown tells whether the caller's number can be compared.
func (n Number) Shown() bool { return n.Withheld == Shown && n.E164 != "" }

// Masked is the only form of a number that goes into a log: its length and its last two digits.
func (n Number) Masked() string {
	if n.Withheld != Shown {
		return string(n.Withheld)
	}
	s := n.E164
	if s == "" {
		s = n.Raw
	}
	if len(s) < 5 {
		return strings.Repeat("*", len(s))
	}
	return strings.Repeat("*", len(s)-2) + s[len(s)-2:]
}

// Local gives the number as it is dialled in Japan (03…, 090…), for the screen.
func (n Number) Local() string {
	if rest, ok := strings.CutPrefix(n.E164, "+81"); ok {
		return "0" + rest
	}
	if n.E164 != "" {
		return n.E164
	}
	return n.Raw
}
