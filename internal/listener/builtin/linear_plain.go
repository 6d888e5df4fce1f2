//go:build !(goexperiment.simd && amd64)

package builtin

// simdReady tells whether the SIMD path is built in and this machine can run it.
func simdReady() bool { return false }

func wideReady() bool { return false }

func (l *linear) applySIMD(y, x []float32) { l.applyPlain(y, x) }

func addProductSIMD(y, a, b []float32) { addProductPlain(y, a, b) }
