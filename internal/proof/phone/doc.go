// Package phone is a telephone for demonstrations, tests and benches: a SIP user agent (RFC 3261) that places and
// answers calls, plays and records sound, sends and hears keys, holds and resumes, and reports what happened.
//
// Owns: its own dialogs on sipgo's transactions, its own RTP, so that it can judge the product from outside.
// Never: used by a wing of the product; keeps anything but the recording it was asked for.
//
// Goroutines: New starts the socket's reader, which ends with Close. A call has one that runs its script and two for
// RTP (speak, hear); all end with the call, and Close waits for them. sipgo runs one for each SIP message.
//
// Flow: Dial or Accept → Call → answered → line speaks and hears → Hangup, a BYE or a failure → Report.
package phone
