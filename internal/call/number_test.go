package call

import "testing"

func TestParseNumber(t *testing.T) {
	for raw, want := range map[string]string{
		"0312345678":   "+81312345678",
		"03-1234-5678": "+81312345678",
		"０９０ー１２３４−５６７８": "+819012345678",
		"18409012345678":   "+819012345678",
		"1860312345678":    "+81312345678",
		"+81312345678":     "+81312345678",
		"+810312345678":    "+81312345678",
		"81312345678":      "+81312345678",
		"0120123456":       "+81120123456",
		"0570012345":       "+81570012345",
		"05012345678":      "+815012345678",
		"01014155550100":   "+14155550100",
		"+14155550100":     "+14155550100",
		"110":              "",
		"201":              "",
		"anonymous":        "",
		"operator-3":       "",
		"+":                "",
		"+1+2345678":       "",
		"0000000000000000": "",
		"000000000":        "",
	} {
		if got := ParseNumber(raw).E164; got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func TestANumberIsMaskedInLogs(t *testing.T) {
	if got := ParseNumber("09012345678").Masked(); got != "***********78" {
		t.Errorf("masked %q", got)
	}
	if got := (Number{Withheld: Payphone}).Masked(); got != "payphone" {
		t.Errorf("masked %q", got)
	}
	if got := ParseNumber("201").Masked(); got != "***" {
		t.Errorf("masked %q", got)
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("+81 (0)3-1234-5678")
	f.Fuzz(func(t *testing.T, s string) {
		n := ParseNumber(s)
		if n.E164 != "" && (n.E164[0] != '+' || ParseNumber(n.E164).E164 != n.E164) {
			t.Errorf("%q gave %q, which does not normalise to itself", s, n.E164)
		}
	})
}

func TestParseID(t *testing.T) {
	if id := NewID(); func() bool { _, err := ParseID(string(id)); return err != nil }() {
		t.Errorf("own id %q refused", id)
	}
	for _, bad := range []string{"", "../../etc/passwd", "0198C0DE-0000-7000-8000-000000000000"} {
		if _, err := ParseID(bad); err == nil {
			t.Errorf("%q accepted", bad)
		}
	}
}
