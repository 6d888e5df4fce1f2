package builtin

import (
	"math"
	"math/bits"
	"math/cmplx"

	"commusafe/internal/audio"
)

// The front end's numbers are those of train/frontend.py; a change there is a change here.
const (
	window    = 200 // samples, 25 ms
	hop       = 80  // samples, 10 ms
	fftSize   = 256
	bands     = 40
	lowHz     = 60.0
	highHz    = 3800.0
	bandFloor = 1e-7 // added to a band's power before the logarithm
)

// A frame is what the net is fed with: one vector of normalised log-mel each 10 ms.
type frame [bands]float32

// A melBank turns windows of samples into log-mel vectors. It is read-only after newMelBank.
type melBank struct {
	hann   [window]float64
	first  [bands]int
	weight [bands][]float64
	turn   [fftSize / 2]complex128
}

func newMelBank() *melBank {
	m := &melBank{}
	for i := range m.hann {
		m.hann[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/window)
	}
	for i := range m.turn {
		m.turn[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/fftSize)
	}
	lo, hi := mel(lowHz), mel(highHz)
	edge := func(i int) float64 { return 700 * (math.Exp((lo+(hi-lo)*float64(i)/(bands+1))/1127) - 1) }
	for b := range bands {
		a, mid, z := edge(b), edge(b+1), edge(b+2)
		for k := 0; k <= fftSize/2; k++ {
			hz := float64(k) * audio.SampleRate / fftSize
			w := min((hz-a)/(mid-a), (z-hz)/(z-mid))
			if w <= 0 {
				continue
			}
			if len(m.weight[b]) == 0 {
				m.first[b] = k
			}
			m.weight[b] = append(m.weight[b], w)
		}
	}
	return m
}

func mel(hz float64) float64 { return 1127 * math.Log(1+hz/700) }

// logMel gives the natural logarithms of the power in each band of one window of samples.
func (m *melBank) logMel(pcm []int16) (out [bands]float64) {
	var x [fftSize]complex128
	for i, s := range pcm[:window] {
		x[bits.Reverse8(uint8(i))] = complex(float64(s)/audio.FullScale*m.hann[i], 0)
	}
	m.fft(&x)
	var power [fftSize/2 + 1]float64
	for k := range power {
		re, im := real(x[k]), imag(x[k])
		power[k] = re*re + im*im
	}
	for b := range out {
		sum := bandFloor
		for i, w := range m.weight[b] {
			sum += w * power[m.first[b]+i]
		}
		out[b] = math.Log(sum)
	}
	return out
}

// fft is the radix-2 transform in place of x in bit-reversed order.
func (m *melBank) fft(x *[fftSize]complex128) {
	for half := 1; half < fftSize; half *= 2 {
		step := fftSize / (2 * half)
		for at := 0; at < fftSize; at += 2 * half {
			for k := range half {
				a, b := x[at+k], x[at+k+half]*m.turn[k*step]
				x[at+k], x[at+k+half] = a+b, a-b
			}
		}
	}
}

// A frontEnd is the streaming front end of one party: samples in, frames out.
type frontEnd struct {
	bank *melBank
	buf  []int16
	mean runningMean
}

// feed takes samples and gives the frames that became complete, appended to out.
func (f *frontEnd) feed(pcm []int16, out []frame) []frame {
	f.buf = append(f.buf, pcm...)
	n := 0
	for ; len(f.buf)-n >= window; n += hop {
		out = append(out, f.mean.normalise(f.bank.logMel(f.buf[n:])))
	}
	f.buf = f.buf[:copy(f.buf, f.buf[n:])]
	return out
}
