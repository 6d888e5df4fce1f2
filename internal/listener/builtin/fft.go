package builtin

import (
	"math"
	"math/bits"
)

// An fft gives the power spectrum of fftSize real samples: they are taken as half as many complex ones, transformed
// by radix 2, and unfolded. It is read-only.
type fft struct {
	cos, sin [fftSize / 2]float32 // of -2πk/fftSize
	reversed [fftSize / 2]uint8
}

const complexSize = fftSize / 2

func newFFT() *fft {
	f := &fft{}
	for k := range f.cos {
		s, c := math.Sincos(-2 * math.Pi * float64(k) / fftSize)
		f.cos[k], f.sin[k] = float32(c), float32(s)
		f.reversed[k] = bits.Reverse8(uint8(k)) >> 1
	}
	return f
}

// power puts |X|² of bins 0 to fftSize/2 into out.
func (f *fft) power(x *[fftSize]float32, out *[fftSize/2 + 1]float32) {
	var re, im [complexSize]float32
	for i, r := range f.reversed {
		re[r], im[r] = x[2*i], x[2*i+1]
	}
	f.transform(&re, &im)
	a, b := re[0]+im[0], re[0]-im[0]
	out[0], out[complexSize] = a*a, b*b
	for k := 1; k < complexSize; k++ {
		n := complexSize - k
		evenR, evenI := (re[k]+re[n])/2, (im[k]-im[n])/2
		oddR, oddI := (im[k]+im[n])/2, (re[n]-re[k])/2
		c, s := f.cos[k], f.sin[k]
		r, i := evenR+oddR*c-oddI*s, evenI+oddR*s+oddI*c
		out[k] = r*r + i*i
	}
}

// transform works in place on numbers in bit-reversed order.
func (f *fft) transform(re, im *[complexSize]float32) {
	for k := 0; k < complexSize; k += 4 { // the first two rounds, whose factors are 1 and -i
		a, b, c, d := re[k], re[k+1], re[k+2], re[k+3]
		p, q, r, s := im[k], im[k+1], im[k+2], im[k+3]
		a, b, c, d = a+b, a-b, c+d, c-d
		p, q, r, s = p+q, p-q, r+s, r-s
		re[k], re[k+2], im[k], im[k+2] = a+c, a-c, p+r, p-r
		re[k+1], re[k+3], im[k+1], im[k+3] = b+s, b-s, q-d, q+d
	}
	for half := 4; half < complexSize; half *= 2 {
		step := complexSize / half
		for at := 0; at < complexSize; at += 2 * half {
			ar, ai := re[at:at+half], im[at:at+half]
			br, bi := re[at+half:at+2*half], im[at+half:at+2*half]
			ai, br, bi = ai[:len(ar)], br[:len(ar)], bi[:len(ar)]
			for k := range ar {
				c, s := f.cos[k*step], f.sin[k*step]
				r, i := br[k]*c-bi[k]*s, br[k]*s+bi[k]*c
				br[k], bi[k] = ar[k]-r, ai[k]-i
				ar[k], ai[k] = ar[k]+r, ai[k]+i
			}
		}
	}
}
