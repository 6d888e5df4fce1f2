package telephony

import (
	"errors"
	"fmt"

	"commusafe/internal/call"
)

// Status codes that sipgo has no name for.
const (
	statusUnwanted     = 607 // RFC 8197
	statusRejected     = 608 // RFC 8688
	statusUnsupportURI = 416
	statusBadExtension = 420
)

// phrases are the reason phrases that we write. Responses of a PBX keep their code and get our phrase.
func phrase(status int) string {
	switch status {
	case 100:
		return "Trying"
	case 180:
		return "Ringing"
	case 181:
		return "Call Is Being Forwarded"
	case 182:
		return "Queued"
	case 183:
		return "Session Progress"
	case 200:
		return "OK"
	}
	if p, ok := failures()[status]; ok {
		return p
	}
	return "Failure"
}

func failures() map[int]string {
	return map[int]string{
		400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
		408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
		420: "Bad Extension", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
		482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 486: "Busy Here",
		422: "Session Interval Too Small", 487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending",
		500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
		504: "Server Time-out", 505: "Version Not Supported", 600: "Busy Everywhere", 603: "Decline",
		604: "Does Not Exist Anywhere", 606: "Not Acceptable", 607: "Unwanted", 608: "Rejected",
	}
}

// A ConnectError says that the agent's leg did not come to be.
type ConnectError struct {
	Status int  // what the caller was told, or would have been had it not been answered already
	Passed bool // the caller got it and the call is over
}

// Error gives the status in words.
func (e *ConnectError) Error() string {
	return fmt.Sprintf("PBX did not take the call: %d %s", e.Status, phrase(e.Status))
}

// An EndedError says that nothing can be done with the call any more.
type EndedError struct{ Reason call.EndReason }

// Error gives the reason.
func (e *EndedError) Error() string { return e.Reason.Error() }

// ErrConnected says that the agent's leg is already there or on its way.
var ErrConnected = errors.New("the agent's leg exists already")

// ErrDropped says that the agent's leg was dropped while it was being dialled.
var ErrDropped = errors.New("the agent's leg was dropped")

// towardTrunk maps a PBX's failure to what the trunk is told: challenges and redirections are ours to mind,
// dialog and timing troubles on the PBX's side mean nothing to the trunk.
func towardTrunk(status int) int {
	switch {
	case status == 401 || status == 407:
		return 502
	case status < 400:
		return 480
	case status == 408 || status == 487:
		return 480
	case status == 481 || status == 482 || status == 483 || status == 491 || status == 513:
		return 502
	case status > 699:
		return 500
	}
	return status
}

// dialsElsewhere tells whether another PBX may take a call that one failed with this status.
func dialsElsewhere(status int) bool {
	return status == 503 || status == 502 || status == 500 || status == 504
}

// reasonHeader gives the value of Reason (RFC 3326) with a cause of Q.850, or "" where a plain hangup says enough.
func reasonHeader(r call.EndReason) string {
	if r.By == call.ByAgent {
		return "" // the PBX's own status says why
	}
	cause, text := 0, ""
	switch r.Why {
	case "hangup", "cancelled", "served", "":
		return ""
	case "cut", "refused":
		cause, text = 21, "Call rejected"
	case "rtp_timeout", "no_ack", "session_timer":
		cause, text = 102, "Recovery on timer expiry"
	case "no_answer":
		cause, text = 19, "No answer"
	case "drain":
		cause, text = 31, "Normal, unspecified"
	default:
		cause, text = 41, "Temporary failure"
	}
	return fmt.Sprintf(`Q.850;cause=%d;text="%s"`, cause, text)
}
