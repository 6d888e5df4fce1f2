//go:build !(goexperiment.simd && amd64)

package voiceprint

func simdReady() bool { return false }

func dots(out, vectors, v []float32)        { dotsPlain(out, vectors, v) }
func codeDots(out []int32, codes, q []int8) { codeDotsPlain(out, codes, q) }
func total(vectors []float32) (sum float32) { return totalPlain(vectors) }
