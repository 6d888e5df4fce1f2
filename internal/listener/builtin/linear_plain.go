//go:build !(goexperiment.simd && amd64)

package builtin

// simdReady tells whether the SIMD path is built in and this machine can run it.
func simdReady() bool { return false }

func wideReady() bool { return false }

type vectors struct{} //nolint:unused // see linear_simd.go

func (l *linear) applySIMD(_, _ []float32, _ *integers) {}

func convolveSIMD(y, x, w []float32, d int) { convolvePlain(y, x, w, d) }

func addSIMD(y, x []float32) { addPlain(y, x) }
