package telephony

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// request reads an INVITE with these lines among the ordinary ones.
func request(t *testing.T, uri string, lines ...string) *sip.Request {
	t.Helper()
	head := "INVITE " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x@192.0.2.1>\r\n"
	if !strings.Contains(strings.Join(lines, "\r\n"), "To:") {
		head += "To: <sip:0312345678@pbx.example>\r\n"
	}
	m, err := sip.ParseMessage([]byte(head + strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*sip.Request)
}

func TestWhoCalls(t *testing.T) {
	t.Parallel()
	const from = "From: <sip:09011112222@carrier.example>;tag=1"
	for name, c := range map[string]struct {
		lines     []string
		untrusted bool
		e164      string
		withheld  call.Withholding
	}{
		"From":                               {lines: []string{from}, e164: "+819011112222"},
		"asserted by a trusted trunk":        {lines: []string{from, "P-Asserted-Identity: <sip:0311112222@c.example>"}, e164: "+81311112222"},
		"asserted by an untrusted one":       {lines: []string{from, "P-Asserted-Identity: <sip:0311112222@c.example>"}, untrusted: true, e164: "+819011112222"},
		"asserted twice, sip and tel":        {lines: []string{from, "P-Asserted-Identity: \"x\" <tel:+81311112222>,<sip:+81311112222@c.example>"}, e164: "+81311112222"},
		"+81 and user=phone":                 {lines: []string{"From: \"x\" <sip:+819011112222@c.example;user=phone>;tag=1"}, e164: "+819011112222"},
		"a tel URI":                          {lines: []string{"From: <tel:+81-90-1111-2222;phone-context=x>;tag=1"}, e164: "+819011112222"},
		"an escaped user part":               {lines: []string{"From: <sip:%30%3911112222@c.example>;tag=1"}, e164: "+81911112222"},
		"withheld by Privacy":                {lines: []string{from, "Privacy: id"}, withheld: call.Withheld},
		"withheld, asserted for the network": {lines: []string{"From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1", "P-Asserted-Identity: <sip:09011112222@c.example>", "Privacy: user;id"}, withheld: call.Withheld},
		"anonymous.invalid":                  {lines: []string{"From: <sip:anonymous@anonymous.invalid>;tag=1"}, withheld: call.Withheld},
		"the name Anonymous":                 {lines: []string{"From: \"Anonymous\" <sip:anonymous@c.example>;tag=1"}, withheld: call.Withheld},
		"非通知":                                {lines: []string{"From: \"非通知\" <sip:x@c.example>;tag=1"}, withheld: call.Withheld},
		"a payphone":                         {lines: []string{"From: \"Coin line/payphone\" <sip:anonymous@anonymous.invalid>;tag=1", "Privacy: id"}, withheld: call.Payphone},
		"公衆電話":                               {lines: []string{"From: \"公衆電話\" <sip:anonymous@anonymous.invalid>;tag=1"}, withheld: call.Payphone},
		"out of area":                        {lines: []string{"From: \"Unavailable\" <sip:anonymous@anonymous.invalid>;tag=1"}, withheld: call.OutOfArea},
		"表示圏外":                               {lines: []string{"From: \"表示圏外\" <sip:anonymous@anonymous.invalid>;tag=1"}, withheld: call.OutOfArea},
		"another service":                    {lines: []string{"From: \"Interaction with other service\" <sip:anonymous@anonymous.invalid>;tag=1"}, withheld: call.OutOfArea},
		"nothing":                            {lines: []string{"From: <sip:c.example>;tag=1"}, withheld: call.Unspecified},
		"Privacy: none":                      {lines: []string{from, "Privacy: none"}, e164: "+819011112222"},
	} {
		t.Run(name, func(t *testing.T) {
			id := identityOf(request(t, "sip:x@192.0.2.9", c.lines...), !c.untrusted)
			if id.number.E164 != c.e164 || id.number.Withheld != c.withheld {
				t.Errorf("got %+v, want %q %q", id.number, c.e164, c.withheld)
			}
			if c.withheld != call.Shown && id.number.Raw != "" {
				t.Errorf("a number that was withheld is kept: %q", id.number.Raw)
			}
			if from := id.from("192.0.2.9"); c.withheld != call.Shown && from.uri.Host != "anonymous.invalid" {
				t.Errorf("the PBX is told %+v", from)
			}
		})
	}
}

// Who withholds his number is not named to the PBX either, by whatever header his name or number came; the network's own words for it stay.
func TestWhoWithholdsIsNotNamed(t *testing.T) {
	t.Parallel()
	for lines, want := range map[string]string{
		"From: <sip:anonymous@anonymous.invalid>;tag=1\r\nP-Asserted-Identity: \"Yamada Taro\" <sip:09011112222@c.example>\r\nPrivacy: id": "Anonymous",
		"From: <sip:anonymous@anonymous.invalid>;tag=1\r\nP-Asserted-Identity: \"09011112222\" <tel:+819011112222>\r\nPrivacy: id":         "Anonymous",
		"From: \"Yamada Taro\" <sip:09011112222@c.example>;tag=1\r\nPrivacy: id":                                                           "Anonymous",
		"From: \"非通知\" <sip:anonymous@anonymous.invalid>;tag=1":                                                                            "非通知",
		"From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\r\nPrivacy: id":                                                       "Anonymous",
		"From: \"Coin line/payphone\" <sip:anonymous@anonymous.invalid>;tag=1\r\nPrivacy: id":                                              "Coin line/payphone",
		"From: \"表示圏外\" <sip:anonymous@anonymous.invalid>;tag=1":                                                                           "表示圏外",
		"From: <sip:unavailable@anonymous.invalid>;tag=1\r\nP-Asserted-Identity: \"Yamada Taro\" <tel:+819011112222>\r\nPrivacy: id":       "Anonymous",
	} {
		if got := identityOf(request(t, "sip:x@192.0.2.9", lines), true).from("192.0.2.9"); got.display != want || got.uri.User != "anonymous" {
			t.Errorf("%s\ngot %+v, want %q", lines, got, want)
		}
	}
}

func TestTheCalledNumberStandsWhereTheTrunkWritesIt(t *testing.T) {
	t.Parallel()
	req := request(t, "sip:f81d4fae@192.0.2.9", "From: <sip:a@b>;tag=1", "To: <sip:0355556666@ntt.example>", "P-Called-Party-ID: <sip:0377778888@ntt.example>")
	for place, want := range map[string]string{calledFromURI: "", calledFromTo: "+81355556666", calledFromPCalls: "+81377778888"} {
		if got := calledOf(req, place); got.E164 != want {
			t.Errorf("%s: %+v, want %q", place, got, want)
		}
	}
}

func TestRequestsThatFailValidation(t *testing.T) {
	t.Parallel()
	const ok = "INVITE sip:0312345678@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:x@192.0.2.1>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
	for name, c := range map[string]struct {
		old, new string
		status   int
		header   string
	}{
		"as it should be":      {"", "", 0, ""},
		"version":              {"SIP/2.0\r\nVia", "SIP/7.0\r\nVia", 505, ""},
		"no To":                {"To: <sip:c@d>\r\n", "", 400, ""},
		"no From":              {"From: <sip:a@b>;tag=1\r\n", "", 400, ""},
		"no From tag":          {";tag=1", "", 400, ""},
		"no Call-ID":           {"Call-ID: a\r\n", "", 400, ""},
		"no CSeq":              {"CSeq: 1 INVITE\r\n", "", 400, ""},
		"no Via":               {"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n", "", 400, ""},
		"a branch of RFC 2543": {"z9hG4bKx", "1", 400, ""},
		"no Contact":           {"Contact: <sip:x@192.0.2.1>\r\n", "", 400, ""},
		"Contact *":            {"<sip:x@192.0.2.1>\r\n", "*\r\n", 400, ""},
		"another method":       {"1 INVITE", "1 BYE", 400, ""},
		"CSeq twice":           {"CSeq", "CSeq: 2 INVITE\r\nCSeq", 400, ""},
		"To twice":             {"To:", "t: <sip:x@y>\r\nTo:", 400, ""},
		"too many hops":        {"Forwards: 70", "Forwards: 0", 483, ""},
		"a scheme":             {"INVITE sip:0312345678@192.0.2.9", "INVITE nobodyknows:x", 416, ""},
		"sips":                 {"INVITE sip:", "INVITE sips:", 416, ""},
		"an extension":         {"Contact:", "Require: 100rel, x\r\nContact:", 420, "Unsupported: 100rel, x"},
		"a body":               {"application/sdp", "text/plain", 415, "Accept: application/sdp"},
		"an encoding":          {"Content-Type", "Content-Encoding: gzip\r\nContent-Type", 415, "Accept-Encoding: identity"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := sip.ParseMessage([]byte(strings.Replace(ok, c.old, c.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			f := validate(m.(*sip.Request))
			switch {
			case c.status == 0 && f != nil:
				t.Errorf("refused with %d", f.status)
			case c.status != 0 && (f == nil || f.status != c.status):
				t.Errorf("got %+v, want %d", f, c.status)
			case c.header != "" && (f.header == nil || f.header.Name()+": "+f.header.Value() != c.header):
				t.Errorf("header %v, want %s", f.header, c.header)
			}
		})
	}
	for m, want := range map[string]int{"REFER": 405, "SUBSCRIBE": 405, "UPDATE": 405, "NEWMETHOD": 501} {
		msg, err := sip.ParseMessage([]byte(strings.ReplaceAll(ok, "INVITE", m)))
		if err != nil {
			t.Fatal(err)
		}
		if f := validate(msg.(*sip.Request)); f == nil || f.status != want || f.header.Value() != allowed {
			t.Errorf("%s: %+v, want %d with Allow", m, f, want)
		}
	}
}

// FuzzValidate feeds what the parser lets through to everything that reads a request before a call exists.
func FuzzValidate(f *testing.F) {
	f.Add("INVITE sip:0312345678@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: \"a\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\nPrivacy: id\r\nP-Asserted-Identity: \"x\" <tel:+81>, <sip:x>\r\nContact: <sip:x@192.0.2.1>\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		m, err := sip.ParseMessage([]byte(raw))
		if err != nil {
			return
		}
		req, ok := m.(*sip.Request)
		if !ok || validate(req) != nil {
			return
		}
		id := identityOf(req, true)
		if strings.ContainsAny(id.display+id.from("h").display+escapeUser(id.number), "\r\n\"") {
			t.Errorf("foreign text would break a header: %q", id.display)
		}
		for _, place := range []string{calledFromURI, calledFromTo, calledFromPCalls} {
			_ = calledOf(req, place)
		}
	})
}
