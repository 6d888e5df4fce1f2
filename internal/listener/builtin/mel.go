package builtin

import (
	"math"

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
	hann   []float32
	first  []int
	weight [][]float32
	fft    *fft
}

// newMelBank makes a bank of n triangles on the mel scale over windows of so many samples, at most fftSize.
func newMelBank(window, n int, lowHz, highHz float64) *melBank {
	m := &melBank{hann: make([]float32, window), first: make([]int, n), weight: make([][]float32, n), fft: newFFT()}
	for i := range m.hann {
		m.hann[i] = float32((0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(window))) / audio.FullScale)
	}
	lo, hi := mel(lowHz), mel(highHz)
	edge := func(i int) float64 { return 700 * (math.Exp((lo+(hi-lo)*float64(i)/float64(n+1))/1127) - 1) }
	for b := range n {
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
			m.weight[b] = append(m.weight[b], float32(w))
		}
	}
	return m
}

func mel(hz float64) float64 { return 1127 * math.Log(1+hz/700) }

// logMel puts the natural logarithms of the power in each band of one window of samples into out.
func (m *melBank) logMel(pcm []int16, out []float64) {
	var x [fftSize]float32
	for i, w := range m.hann {
		x[i] = float32(pcm[i]) * w
	}
	var power [fftSize/2 + 1]float32
	m.fft.power(&x, &power)
	for b, weight := range m.weight {
		p := power[m.first[b]:]
		p = p[:len(weight)]
		sum := float32(bandFloor)
		for i, w := range weight {
			sum += w * p[i]
		}
		out[b] = math.Log(float64(sum))
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
		var m [bands]float64
		f.bank.logMel(f.buf[n:], m[:])
		out = append(out, f.mean.normalise(&m))
	}
	f.buf = f.buf[:copy(f.buf, f.buf[n:])]
	return out
}
