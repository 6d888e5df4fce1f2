package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/folder"
)

type soundIn struct {
	ID    string `path:"id" maxLength:"80"`
	Party string `path:"party" enum:"caller,agent"`
}

// listenedFor is how long one entry of the trail stands for the many ranges that a browser asks for.
const listenedFor = 10 * time.Minute

func (s *Server) sound(ctx context.Context, in *soundIn) (func(http.ResponseWriter, *http.Request), error) {
	_, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	f, err := openPCM(filepath.Join(dir, folder.WAVName(call.Party(in.Party))))
	if err != nil {
		return nil, errors.Join(problem(http.StatusNotFound, "error.sound_gone", ""), err)
	}
	if err := s.listened(ctx, in); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func(w http.ResponseWriter, r *http.Request) {
		defer f.Close()
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "private, no-store")
		http.ServeContent(w, r, "", time.Time{}, f)
	}, nil
}

// listened writes into the trail who listens, before the first octet is given out.
func (s *Server) listened(ctx context.Context, in *soundIn) error {
	p := who(ctx)
	key := string(p.ID) + " " + in.ID + " " + in.Party
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.heard == nil || len(s.heard) > 10000 {
		s.heard = map[string]time.Time{}
	}
	if time.Since(s.heard[key]) < listenedFor {
		return nil
	}
	if err := s.Store.AppendTrail(ctx, p.By("trail.call_listen", in.ID, in.Party)); err != nil {
		return err
	}
	s.heard[key] = time.Now()
	return nil
}

// A pcmFile reads a G.711 recording as a WAV of 16-bit PCM, which every browser plays. It decodes as it is read.
type pcmFile struct {
	file  *os.File
	codec audio.Codec
	n     int64 // octets of G.711, two bytes of PCM each
	at    int64
	head  []byte
}

func openPCM(path string) (*pcmFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.Size() < audio.WAVHeaderSize {
		err = errors.New("recording has no header")
	}
	tag := make([]byte, 1)
	if err == nil {
		_, err = f.ReadAt(tag, 20)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open recording: %w", err), f.Close())
	}
	p := &pcmFile{file: f, codec: audio.PCMU, n: st.Size() - audio.WAVHeaderSize}
	if tag[0] == 6 {
		p.codec = audio.PCMA
	}
	p.head = audio.PCMHeader(uint32(p.n))
	return p, nil
}

// Close closes the recording.
func (p *pcmFile) Close() error { return p.file.Close() }

func (p *pcmFile) size() int64 { return int64(len(p.head)) + 2*p.n }

// Seek moves within the decoded file.
func (p *pcmFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.size()
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	p.at = offset
	return offset, nil
}

// Read decodes what is asked for.
func (p *pcmFile) Read(b []byte) (int, error) {
	if p.at >= p.size() || len(b) == 0 {
		return 0, io.EOF
	}
	if p.at < int64(len(p.head)) {
		n := copy(b, p.head[p.at:])
		p.at += int64(n)
		return n, nil
	}
	off := p.at - int64(len(p.head))
	octets := make([]byte, min(int64(len(b))/2+1, 32<<10, p.n-off/2))
	if _, err := p.file.ReadAt(octets, audio.WAVHeaderSize+off/2); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	pcm := p.codec.Decode(nil, octets)
	raw := make([]byte, 0, 2*len(pcm))
	for _, v := range pcm {
		raw = append(raw, byte(v), byte(uint16(v)>>8))
	}
	n := copy(b, raw[off%2:])
	p.at += int64(n)
	return n, nil
}

// mostPeaks bounds a wave picture.
const mostPeaks = 2000

func (s *Server) peaks(ctx context.Context, in *byID) (*body[Peaks], error) {
	c, dir, err := s.found(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := Peaks{DurationMS: c.Duration, StepMS: max(20, c.Duration/mostPeaks+1)}
	for _, p := range []call.Party{call.Caller, call.Agent} {
		v, err := peaksOf(filepath.Join(dir, folder.WAVName(p)), int(out.StepMS)*audio.SamplesPerMS)
		if err != nil {
			return nil, errors.Join(problem(http.StatusNotFound, "error.sound_gone", ""), err)
		}
		if p == call.Caller {
			out.Caller = v
		} else {
			out.Agent = v
		}
	}
	return &body[Peaks]{out}, nil
}

// peaksOf gives the largest value of each step, 0 to 1 with three digits.
func peaksOf(path string, step int) ([]float64, error) {
	codec, octets, err := audio.ReadG711File(path)
	if err != nil {
		return nil, err
	}
	out := []float64{}
	for len(octets) > 0 {
		n := min(step, len(octets))
		top := 0
		for _, v := range codec.Decode(nil, octets[:n]) {
			top = max(top, int(v), -int(v))
		}
		out = append(out, float64(top*1000/32768)/1000)
		octets = octets[n:]
	}
	return out, nil
}
