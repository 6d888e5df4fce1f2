// Package bench makes load for the product and measures it from outside, in a process of its own.
//
// Owns: load generators, what they measured, a process' own account of CPU and memory as the kernel keeps it.
// Never: asserts a time; runs in the process that it measures.
// Goroutines: Generator.Run starts one sender and one receiver, each locked to a thread, and waits for them; callers of
// Reaction have one each. All end before a measure returns.
//
// Flow of the relay's measure: Generator opens a socket for each party → phones set the calls up by SIP and name those
// sockets in their SDP → Run sends 20 ms packets both ways, each with when it was sent hidden in its lowest bits; the
// kernel's receive time gives the delay. Compare runs conditions in turn.
package bench
