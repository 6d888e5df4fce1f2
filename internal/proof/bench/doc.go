// Package bench makes load for the product and measures it from outside, in a process of its own.
//
// Owns: load generators, what they measured, a process' own account of CPU and memory as the kernel keeps it.
// Never: asserts a time; runs in the process that it measures.
// Goroutines: Generator.Run starts one sender and one receiver, each locked to a thread, and waits for them.
//
// Flow: Generator opens a socket for each party → the relay is told of them and tells its own ports → Connect →
// Run sends 20 ms packets both ways, each carrying when it was sent; the kernel's receive time gives the delay.
package bench
