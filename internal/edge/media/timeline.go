package media

import "commusafe/internal/audio"

// lineOctets is the length of a timeline: a quarter of a second, more than window and stretchMax together.
const lineOctets = 2048

// holeMax is the longest hole, in samples, that a slip of the placer leaves and that is closed with the octet before it.
const holeMax = 2

// A timeline puts copied packets in order by their place on call time. It is its reader's alone.
type timeline struct {
	octets [lineOctets]byte
	came   [lineOctets]byte // 0 nothing, else 1 + the codec of what came
	read   int64            // the next sample to give
	newest int64            // the sample after the last that came
	sound  int64            // the sample after the last one given that was no gap; -1 before any
	law    audio.Codec      // of the last sound given
	beyond int64            // place of the next packet, when it is too far ahead to be put in; else 0
}

// put places octets; false when all of them come too late.
func (l *timeline) put(sample int64, codec audio.Codec, octets []byte) bool {
	if skip := l.read - sample; skip > 0 {
		if skip >= int64(len(octets)) {
			return false
		}
		octets, sample = octets[skip:], l.read
	}
	for i, o := range octets {
		at := (sample + int64(i)) % lineOctets
		l.octets[at], l.came[at] = o, 1+byte(codec)
	}
	l.newest = max(l.newest, sample+int64(len(octets)))
	return true
}

// take gives the next stretch at the moment now, or the samples to wait before asking again. When over, nothing more
// will come, and now is the end.
func (l *timeline) take(now int64, over bool) (o audio.Octets, wait int64, ok bool) {
	if n := l.run(min(stretchMax, max(now, l.newest)-l.read)); n > 0 {
		missing := l.read + n // nothing there yet
		if n == stretchMax || over || l.other(missing) || now-window >= missing {
			return l.give(n, false), 0, true
		}
		return o, max(l.read+stretchMax-now, packetOctets), false
	}
	n := l.gap(now, over)
	if n > 0 {
		return l.give(n, true), 0, true
	}
	return o, max(l.read+window+stretchMax-now, packetOctets), false
}

// run counts the samples present from read on, of one codec, at most limit.
func (l *timeline) run(limit int64) (n int64) {
	for ; n < limit; n++ {
		if at := (l.read + n) % lineOctets; l.came[at] == 0 && !l.close(l.read+n) || l.came[at] != l.came[l.read%lineOctets] {
			break
		}
	}
	return n
}

// close fills the hole at sample when it is a slip's: no longer than holeMax, with sound on both sides.
func (l *timeline) close(sample int64) bool {
	for n := int64(1); n <= holeMax; n++ {
		if sample+n >= l.newest {
			return false
		}
		at, before := sample%lineOctets, (sample-1+lineOctets)%lineOctets
		if l.came[(sample+n)%lineOctets] == 0 {
			continue
		}
		if sample == l.sound {
			l.came[at] = 1 + byte(l.law)
		} else if l.came[at] = l.came[before]; l.came[at] == 0 {
			return false
		}
		l.octets[at] = l.octets[before]
		return true
	}
	return false
}

// other tells whether sound of another codec follows at sample.
func (l *timeline) other(sample int64) bool {
	return sample < l.newest && l.came[sample%lineOctets] != 0
}

// gap counts the samples from read on that are missing for good, at most 100 ms; 0 when they may still come.
func (l *timeline) gap(now int64, over bool) int64 {
	end := now - window
	if over {
		end = now
	}
	whole := over || end-l.read >= stretchMax
	for at := l.read; at < min(l.newest, end); at++ {
		if l.came[at%lineOctets] != 0 {
			end, whole = at, true
			break
		}
	}
	if l.beyond > 0 && l.beyond <= end {
		end, whole = l.beyond, true
	}
	if !whole || end <= l.read {
		return 0
	}
	return min(end-l.read, stretchMax)
}

// give cuts the next n samples off the line.
func (l *timeline) give(n int64, lost bool) audio.Octets {
	if !lost {
		l.law, l.sound = audio.Codec(l.came[l.read%lineOctets]-1), l.read+n
	}
	o := audio.Octets{Sample: l.read, Codec: l.law, Data: make([]byte, n), Lost: lost}
	for i := range n {
		at := (l.read + i) % lineOctets
		if lost {
			o.Data[i] = l.law.Silence()
		} else {
			o.Data[i] = l.octets[at]
		}
		l.came[at] = 0
	}
	l.read += n
	return o
}
