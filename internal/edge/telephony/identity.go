package telephony

import (
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"

	"commusafe/internal/call"
)

// A callerIdentity is who calls: the number for the product, and what the PBX is told.
type callerIdentity struct {
	number  call.Number
	display string // as it came, cleaned; the kinds of missing numbers stand here
	privacy bool   // the caller asked not to be shown (RFC 3323)
}

// identityOf reads the caller. P-Asserted-Identity counts only from a trunk that is trusted (RFC 3325 §5),
// and then it is kept for the PBX even where the caller's number is withheld from the agent's screen.
func identityOf(req *sip.Request, trusted bool) callerIdentity {
	from := req.From()
	id := callerIdentity{display: oneLine(from.DisplayName, 64), privacy: wantsPrivacy(req)}
	user, display := userOf(&from.Address), from.DisplayName
	if trusted {
		if u, d, ok := asserted(req); ok {
			user = u
			if display == "" {
				display, id.display = d, oneLine(d, 64)
			}
		}
	}
	id.number = call.ParseNumber(user)
	id.number.Withheld = withholding(&from.Address, display, id.privacy, id.number)
	if id.number.Withheld != call.Shown {
		id.number = call.Number{Withheld: id.number.Withheld}
	}
	return id
}

// withholding tells the kinds of missing numbers apart by the display names that Japanese carriers write
// (TTC JJ-90.22): the privacy request alone means that the caller chose it.
func withholding(from *sip.Uri, display string, privacy bool, n call.Number) call.Withholding {
	if w := named(display); w != call.Shown && (n.E164 == "" || !strings.EqualFold(strings.TrimSpace(display), "anonymous")) {
		return w
	}
	anonymous := strings.EqualFold(from.User, "anonymous") || strings.EqualFold(from.Host, "anonymous.invalid")
	switch {
	case privacy || anonymous:
		return call.Withheld
	case strings.EqualFold(from.User, "unavailable"):
		return call.OutOfArea
	case n.Raw == "":
		return call.Unspecified
	}
	return call.Shown
}

// named gives the kind of missing number that a display name stands for.
func named(display string) call.Withholding {
	switch d := strings.ToLower(strings.TrimSpace(display)); {
	case strings.HasPrefix(d, "coin line"), strings.HasPrefix(d, "payphone"), d == "公衆電話":
		return call.Payphone
	case d == "unavailable", strings.HasPrefix(d, "interaction with other service"), d == "表示圏外":
		return call.OutOfArea
	case d == "anonymous", d == "非通知":
		return call.Withheld
	}
	return call.Shown
}

// wantsPrivacy tells whether Privacy asks for the identity to be hidden (RFC 3323 §4.2, RFC 3325 §7).
func wantsPrivacy(req *sip.Request) bool {
	for _, h := range req.GetHeaders("privacy") {
		for v := range strings.FieldsFuncSeq(h.Value(), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(v) {
			case "id", "user", "header", "full":
				return true
			}
		}
	}
	return false
}

// asserted gives user part and display name of the first P-Asserted-Identity that names a number.
func asserted(req *sip.Request) (user, display string, ok bool) {
	for _, h := range req.GetHeaders("p-asserted-identity") {
		var uri sip.Uri
		first, _, _ := strings.Cut(h.Value(), ">,")
		if strings.Contains(first, "<") && !strings.HasSuffix(first, ">") {
			first += ">"
		}
		name, err := sip.ParseAddressValue(first, &uri, &sip.HeaderParams{})
		if err != nil {
			continue
		}
		if user := userOf(&uri); user != "" {
			return user, name, true
		}
	}
	return "", "", false
}

// calledOf gives the called number from where the trunk writes it.
func calledOf(req *sip.Request, place string) call.Number {
	switch place {
	case calledFromTo:
		return call.ParseNumber(userOf(&req.To().Address))
	case calledFromPCalls:
		if h := req.GetHeader("p-called-party-id"); h != nil {
			var uri sip.Uri
			if _, err := sip.ParseAddressValue(h.Value(), &uri, &sip.HeaderParams{}); err == nil {
				return call.ParseNumber(userOf(&uri))
			}
		}
	}
	return call.ParseNumber(userOf(&req.Recipient))
}

// userOf gives the user part of a SIP URI or the number of a tel URI, unescaped and without parameters (RFC 3966).
func userOf(uri *sip.Uri) string {
	user := uri.User
	if uri.Scheme == "tel" {
		user = uri.Raw()
	}
	user, _, _ = strings.Cut(user, ";")
	if plain, err := url.PathUnescape(user); err == nil {
		user = plain
	}
	return oneLine(user, 64)
}
