//go:build race

package listener

// raced: the race detector makes the net fifty times slower; what has no goroutines is tested without it.
const raced = true
