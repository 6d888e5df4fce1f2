package folder

import (
	"cmp"
	"fmt"
	"io"

	"commusafe/internal/audio"
)

// A Recorder writes one leg as received. Use by one goroutine.
type Recorder struct {
	file    File
	codec   audio.Codec
	known   bool
	next    int64 // sample after the last one written
	buf     []byte
	lostAt  int64 // first sample that could not be written; -1 while all is well
	lostEnd int64
}

// A LostStretch is sound that could not be written, in samples of call time.
type LostStretch struct{ From, To int64 }

// maxGap is the longest silence that is filled in at once (24 h): a wrong timestamp must not fill a disk.
const maxGap = 24 * 3600 * audio.SampleRate

// flushAt is how many octets are collected for one write: half a second.
const flushAt = audio.SampleRate / 2

// Write puts a stretch at its place on call time. What lies before the last written sample is left out; a gap is
// filled with the codec's silence. While the disk refuses, sound is lost, not kept: the error tells it, and the
// first write that succeeds again gives the stretch that is missing.
func (r *Recorder) Write(o audio.Octets) (back *LostStretch, err error) {
	if !r.known {
		r.codec, r.known = o.Codec, true
		if _, err := r.file.WriteAt(audio.WAVHeader(r.codec, 0), 0); err != nil {
			r.known = false
			return nil, r.lose(o.Sample, o.End(), err)
		}
	}
	data := o.Data
	if o.Codec != r.codec {
		data = o.Codec.Transcode(nil, data, r.codec)
	}
	if skip := r.end() - o.Sample; skip > 0 {
		if skip >= int64(len(data)) {
			return nil, nil
		}
		data = data[skip:]
	}
	if gap := o.End() - int64(len(data)) - r.end(); gap > maxGap {
		return nil, fmt.Errorf("sound %d samples ahead of the call is not written", gap)
	} else if gap > 0 {
		if back, err = r.fill(gap, o.End()); err != nil {
			return back, err
		}
	}
	r.buf = append(r.buf, data...)
	if len(r.buf) < flushAt && back == nil {
		return nil, nil
	}
	again, err := r.flush(o.End())
	return cmp.Or(back, again), err
}

// fill adds n samples of silence before what reaches to the sample end. They are written piece by piece: a long gap takes no
// memory, and while the disk refuses, all of it costs one try.
func (r *Recorder) fill(n, end int64) (back *LostStretch, err error) {
	for n > 0 {
		piece := min(n, flushAt)
		r.silence(piece)
		n -= piece
		if len(r.buf) < flushAt {
			continue
		}
		b, err := r.flush(end)
		if back = cmp.Or(back, b); err != nil {
			return back, err
		}
	}
	return back, nil
}

func (r *Recorder) end() int64 { return r.next + int64(len(r.buf)) }

func (r *Recorder) silence(n int64) {
	for range n {
		r.buf = append(r.buf, r.codec.Silence())
	}
}

// flush writes what was collected, which reaches to the sample end.
func (r *Recorder) flush(end int64) (*LostStretch, error) {
	n, err := r.file.WriteAt(r.buf, audio.WAVHeaderSize+r.next)
	if err == nil && n < len(r.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		r.buf = r.buf[:0]
		return nil, r.lose(r.next, end, err)
	}
	r.next += int64(len(r.buf))
	r.buf = r.buf[:0]
	if r.lostAt < 0 {
		return nil, nil
	}
	back := &LostStretch{From: r.lostAt, To: r.lostEnd}
	r.lostAt = -1
	return back, nil
}

func (r *Recorder) lose(from, to int64, err error) error {
	if r.lostAt < 0 {
		r.lostAt = from
	}
	r.lostEnd = max(to, from)
	return fmt.Errorf("write sound: %w", err)
}

// finish writes what is left, silence up to the sample pad, and the sizes into the header, and brings it to the disk. It
// may be called again after an error, and gives what was lost then.
func (r *Recorder) finish(pad int64) (lost *LostStretch, err error) {
	if !r.known {
		if r.lostAt >= 0 {
			lost, r.lostAt = &LostStretch{From: r.lostAt, To: r.lostEnd}, -1
		}
		return lost, r.file.Sync()
	}
	if gap := pad - r.end(); gap > 0 && gap < maxGap {
		lost, err = r.fill(gap, pad)
	}
	if len(r.buf) > 0 && err == nil {
		var again *LostStretch
		again, err = r.flush(r.end())
		lost = cmp.Or(lost, again)
	}
	if err != nil {
		if lost != nil { // told by the call that succeeds
			r.lostAt, r.lostEnd = lost.From, max(lost.To, r.lostEnd)
		}
		return nil, err
	}
	_, err = r.file.WriteAt(audio.WAVHeader(r.codec, uint32(r.next)), 0)
	if r.next%2 == 1 && err == nil {
		_, err = r.file.WriteAt([]byte{0}, audio.WAVHeaderSize+r.next)
	}
	return lost, firstError(err, r.file.Sync())
}
