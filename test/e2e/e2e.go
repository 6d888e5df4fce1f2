// Package e2e holds whole calls: real telephones, real sockets, the product in between.
//
// Owns: nothing but tests. They need Debian's baresip-core and skip without it.
// Never: is imported.
// Goroutines: those of the tests, which wait for them.
package e2e
