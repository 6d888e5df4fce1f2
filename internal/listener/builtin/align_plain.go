//go:build !(goexperiment.simd && amd64)

package builtin

// feedWide is never called: without the SIMD path no vocabulary is laid in lanes.
func (a *aligner) feedWide(*table, []lane) (score float32, begin int32) { return noScore, 0 }
