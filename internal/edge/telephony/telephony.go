// Package telephony carries calls by SIP between trunks and PBXs: a back-to-back user agent with one leg to
// the caller and one to the agent (RFC 3261), whose sound goes through package media.
//
// Owns: sockets and who may speak to them, dialogs, legs, sessions, offers and answers, SIP status codes, draining.
// Never: knows why a call is refused or cut, waits for anything but SIP and 100 ms of admission.
//
// Goroutines: one a listener (Run waits for them); a call has its actor, which owns every field of its legs and
// takes messages from a queue, and the one that runs Serve; each client transaction and each INVITE received
// has one that brings responses or ACKs to the actor and ends with its transaction (64*T1 at most).
// Run waits for all of them before it returns.
//
// Flow: datagram → access list (access.go) → sipgo's parser → prepare (stack.go) → sipgo's transactions →
// validation (validate.go) → dialog table (dialogs.go) → the call's actor (actor.go) → caller.go for the trunk
// leg, agent.go for the PBX leg, reinvite.go for hold and resume, ending.go for the end.
//
// Of sipgo only parser, transport and transactions are used. Calls from a PBX toward a trunk are answered 403:
// this version carries inbound calls. UPDATE, PRACK, REFER and INFO are answered 405; sessions are refreshed by re-INVITE
// (RFC 4028), where the caller's side asks for that. PBXs are offered no session timer.
package telephony
