package telephony

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// allowed are the methods this user agent takes, as Allow writes them (RFC 3261 §20.5).
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS"

// A fault is why a request isn't taken, with the response that says so.
type fault struct {
	status int
	phrase string // in place of the usual one
	header sip.Header
}

// validate is the stage before everything else (RFC 3261 §8.2): no handler sees a request that fails it.
func validate(req *sip.Request) *fault {
	for _, stage := range []func(*sip.Request) *fault{mandatory, method, singular, target, extensions, content} {
		if f := stage(req); f != nil {
			return f
		}
	}
	return nil
}

// mandatory checks the headers without which no response can be made sense of (RFC 3261 §8.1.1).
func mandatory(req *sip.Request) *fault {
	if req.SipVersion != "SIP/2.0" {
		return &fault{status: 505}
	}
	via := req.Via()
	switch {
	case via == nil:
		return &fault{status: 400, phrase: "Missing Via"}
	case req.To() == nil:
		return &fault{status: 400, phrase: "Missing To"}
	case req.From() == nil:
		return &fault{status: 400, phrase: "Missing From"}
	case tagOf(req.From().Params) == "":
		return &fault{status: 400, phrase: "Missing From tag"}
	case req.CallID() == nil:
		return &fault{status: 400, phrase: "Missing Call-ID"}
	case req.CSeq() == nil:
		return &fault{status: 400, phrase: "Missing CSeq"}
	case !strings.EqualFold(strings.TrimSpace(string(req.CSeq().MethodName)), string(req.Method)):
		return &fault{status: 400, phrase: "CSeq does not name the method"}
	case !strings.HasPrefix(via.Params.GetOr("branch", ""), sip.RFC3261BranchMagicCookie):
		return &fault{status: 400, phrase: "Via branch is not of RFC 3261"}
	}
	return nil
}

// method takes what Allow says; methods that the RFCs know are forbidden, others are not implemented.
func method(req *sip.Request) *fault {
	switch req.Method {
	case sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS:
		return nil
	case sip.REGISTER, sip.SUBSCRIBE, sip.NOTIFY, sip.REFER, sip.INFO, sip.MESSAGE, sip.PRACK, sip.UPDATE, sip.PUBLISH:
		return &fault{status: 405, header: sip.NewHeader("Allow", allowed)}
	}
	return &fault{status: 501, header: sip.NewHeader("Allow", allowed)}
}

// singular checks that headers which may come once come once (RFC 3261 §7.3.1).
func singular(req *sip.Request) *fault {
	for _, names := range [][2]string{{"to", "t"}, {"from", "f"}, {"call-id", "i"}, {"cseq", "cseq"}, {"max-forwards", "max-forwards"}, {"content-length", "l"}, {"content-type", "c"}} {
		n := 0
		for _, h := range req.Headers() {
			if name := sip.HeaderToLower(h.Name()); name == names[0] || name == names[1] {
				n++
			}
		}
		if n > 1 {
			return &fault{status: 400, phrase: "Repeated " + names[0]}
		}
	}
	return nil
}

// target checks where the request wants to go and how far it has come (RFC 3261 §8.2.2.1, §16.3).
func target(req *sip.Request) *fault {
	switch req.Recipient.Scheme {
	case "sip", "tel":
	default:
		return &fault{status: statusUnsupportURI}
	}
	if m := req.MaxForwards(); m != nil && m.Val() == 0 && req.Method != sip.ACK && req.Method != sip.CANCEL {
		return &fault{status: 483}
	}
	if req.Method == sip.INVITE {
		if c := req.Contact(); c == nil || c.Address.Wildcard || c.Address.Scheme != "sip" || c.Address.Host == "" {
			return &fault{status: 400, phrase: "Contact is not a SIP address"}
		}
	}
	return nil
}

// extensions refuses what must be understood and isn't (RFC 3261 §8.2.2.3): of option tags only that of session timers is.
func extensions(req *sip.Request) *fault {
	if req.Method == sip.ACK || req.Method == sip.CANCEL {
		return nil
	}
	var tags []string
	for _, h := range req.GetHeaders("require") {
		for tag := range strings.SplitSeq(h.Value(), ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !strings.EqualFold(tag, optionTimer) {
				tags = append(tags, tag)
			}
		}
	}
	if tags == nil {
		return nil
	}
	return &fault{status: statusBadExtension, header: sip.NewHeader("Unsupported", oneLine(strings.Join(tags, ", "), 200))}
}

// content takes bodies of INVITE and ACK as SDP only (RFC 3261 §8.2.3).
func content(req *sip.Request) *fault {
	if req.Method != sip.INVITE || len(req.Body()) == 0 {
		return nil
	}
	if h := req.GetHeader("content-encoding"); h != nil && !strings.EqualFold(h.Value(), "identity") {
		return &fault{status: 415, header: sip.NewHeader("Accept-Encoding", "identity")}
	}
	if !isSDP(req) {
		return &fault{status: 415, header: sip.NewHeader("Accept", "application/sdp")}
	}
	return nil
}

// isSDP tells whether the body says that it is a session description.
func isSDP(m interface{ ContentType() *sip.ContentTypeHeader }) bool {
	h := m.ContentType()
	if h == nil {
		return false
	}
	kind, _, _ := strings.Cut(h.Value(), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/sdp")
}

func tagOf(params sip.HeaderParams) string { return params.GetOr("tag", "") }

// oneLine makes foreign text fit to stand in a header of ours: printable, without quotes, of limited length in runes.
func oneLine(s string, limit int) string {
	var b strings.Builder
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '"' || r == '\\' || r == 0xFFFD {
			continue
		}
		if limit--; limit < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
