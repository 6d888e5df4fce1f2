package remote

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"commusafe/internal/audio"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/listener/hear"
	"commusafe/internal/outward"
)

// Limits of a transcription.
const (
	pieceTime   = 5 * time.Minute // for the answer to one piece
	pieceLength = 300             // s of sound in one piece at most
	searchCut   = 30              // s before its end in which a piece is cut where it is quietest
	answerLimit = 8 << 20         // bytes
	mostText    = 64 << 10        // bytes of words in one piece
	postTries   = 4
	firstByte   = 10 * time.Minute // until a service begins to answer
)

// A TranscriberConfig says how an OpenAI-compatible transcription service is reached.
type TranscriberConfig struct {
	URL      string // https://…/v1/audio/transcriptions, or http://… when Private
	Model    string
	Language string // ISO 639-1; empty: the service finds out
	Key      string // may be empty on the own network
	Private  bool
}

// A Transcriber transcribes finished recordings. It is safe for several goroutines.
type Transcriber struct {
	cfg      TranscriberConfig
	client   *http.Client
	tokenise hear.Tokenise
	pause    time.Duration
}

// NewTranscriber checks the configuration.
func NewTranscriber(cfg TranscriberConfig, tokenise hear.Tokenise) (*Transcriber, error) {
	if err := outward.CheckAddress(cfg.URL, "https", "http", cfg.Private); err != nil {
		return nil, fmt.Errorf("transcription: %w", err)
	}
	if cfg.Model == "" || cfg.Key == "" && !cfg.Private {
		return nil, errors.New("transcription: model or key is missing")
	}
	return &Transcriber{cfg: cfg, tokenise: tokenise, pause: time.Second, client: &http.Client{Transport: outward.TransportTo(cfg.URL, cfg.Private, firstByte), CheckRedirect: outward.NoRedirect}}, nil
}

// Source names the engine in evidence.
func (t *Transcriber) Source() string { return "remote/" + t.cfg.Model }

// Close ends idle connections.
func (t *Transcriber) Close() { t.client.CloseIdleConnections() }

// Transcribe gives the utterances of one party's whole recording at 8 kHz from call time 0, in order. progress is told
// the share that is done; it may be nil.
func (t *Transcriber) Transcribe(ctx context.Context, who call.Party, pcm []int16, progress func(float64)) ([]evidence.Utterance, error) {
	var out []evidence.Utterance
	for at := 0; at < len(pcm); {
		end := cut(pcm, at)
		if !silent(pcm[at:end]) {
			a, err := t.post(ctx, pcm[at:end])
			if err != nil {
				return nil, fmt.Errorf("from %d s: %w", at/audio.SampleRate, err)
			}
			out = append(out, t.utterances(a, who, call.Millis(at/audio.SamplesPerMS), call.Millis(end/audio.SamplesPerMS))...)
		}
		at = end
		if progress != nil {
			progress(float64(at) / float64(len(pcm)))
		}
	}
	return out, nil
}

// cut gives where the piece that begins at at ends: where it is quietest in its last half minute.
func cut(pcm []int16, at int) int {
	most := at + pieceLength*audio.SampleRate
	if most >= len(pcm) {
		return len(pcm)
	}
	const step = audio.SampleRate / 5
	best, quietest := most, math.Inf(1)
	for i := most - searchCut*audio.SampleRate; i+step <= most; i += step {
		if l := audio.Loudness(pcm[i : i+step]); l < quietest {
			best, quietest = i+step/2, l
		}
	}
	return best
}

// silent tells whether a piece has no sound in it: a service would make words up.
func silent(pcm []int16) bool {
	for len(pcm) > 0 {
		n := min(len(pcm), audio.SampleRate/10)
		if audio.Loudness(pcm[:n]) > -60 {
			return false
		}
		pcm = pcm[n:]
	}
	return true
}

// An answer is the service's JSON (verbose_json; plain json has the text alone).
type answer struct {
	Text     *string `json:"text"` // in every answer, also of silence
	Segments []struct {
		Start    float64 `json:"start"` // s
		End      float64 `json:"end"`
		Text     string  `json:"text"`
		LogProb  float64 `json:"avg_logprob"`
		NoSpeech float64 `json:"no_speech_prob"`
	} `json:"segments"`
}

// size is how many bytes of words there are.
func (a answer) size() (n int) {
	if a.Text != nil {
		n = len(*a.Text)
	}
	for _, s := range a.Segments {
		n += len(s.Text)
	}
	return n
}

func readAnswer(b []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		return answer{}, errors.New("the answer can't be read") // not the error's own text: it quotes words
	}
	if a.Text == nil && a.Segments == nil {
		return answer{}, errors.New("the answer is no transcription")
	}
	if a.size() > 2*mostText { // the words stand there twice: as a whole and in segments
		return answer{}, errors.New("the answer has more words than can have been spoken")
	}
	for _, s := range a.Segments {
		if !(s.Start >= 0) || !(s.End >= s.Start) || s.End > 24*3600 {
			return answer{}, errors.New("the answer has impossible times")
		}
	}
	return a, nil
}

// made-up words of silence have a high probability of no speech and a low one of their own.
const (
	noSpeech = 0.6
	poor     = -1.0
	plain    = 0.7 // confidence where none is told
)

func (t *Transcriber) utterances(a answer, who call.Party, from, to call.Millis) (out []evidence.Utterance) {
	add := func(b, e call.Millis, text string, confidence float64) {
		text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
		if text == "" {
			return
		}
		b = min(max(b, from), to)
		if n := len(out); n > 0 {
			b = max(b, out[n-1].ToMS)
		}
		u := evidence.Utterance{Head: evidence.Head{Party: who, FromMS: b, ToMS: max(b, min(e, to)), Source: t.Source()}, Text: text, Confidence: confidence, Final: true}
		if t.tokenise != nil {
			u.Tokens = t.tokenise(text)
		}
		out = append(out, u)
	}
	for _, s := range a.Segments {
		if s.NoSpeech > noSpeech && s.LogProb < poor {
			continue
		}
		sure := plain
		if s.LogProb != 0 {
			sure = math.Exp(min(0, s.LogProb))
		}
		add(from+call.Millis(s.Start*1000), from+call.Millis(s.End*1000), s.Text, sure)
	}
	if len(a.Segments) == 0 && a.Text != nil {
		add(from, to, *a.Text, plain)
	}
	return out
}

// post sends one piece, again after what may pass.
func (t *Transcriber) post(ctx context.Context, pcm []int16) (answer, error) {
	body, kind, err := t.form(pcm)
	if err != nil {
		return answer{}, err
	}
	pause := t.pause
	for n := 1; ; n++ {
		a, again, err := t.once(ctx, body, kind)
		if err == nil || !again || n == postTries {
			return a, err
		}
		select {
		case <-ctx.Done():
			return answer{}, context.Cause(ctx)
		case <-time.After(pause):
		}
		pause *= 3
	}
}

func (t *Transcriber) once(ctx context.Context, body []byte, kind string) (a answer, again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pieceTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return a, false, errors.New("the address can't be used")
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("User-Agent", "commusafe")
	if t.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+t.cfg.Key)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return a, !errors.Is(err, outward.ErrPrivate) && !errors.Is(err, outward.ErrPlain), outward.Hidden(err)
	}
	defer resp.Body.Close()
	if s := resp.StatusCode; s != http.StatusOK {
		return a, s == 408 || s == 425 || s == 429 || s >= 500, fmt.Errorf("the service answered %d", s)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	switch {
	case err != nil:
		return a, true, errors.New("the answer was cut off")
	case len(b) > answerLimit:
		return a, false, errors.New("the answer is far too long")
	}
	a, err = readAnswer(b)
	return a, false, err
}

func (t *Transcriber) form(pcm []int16) (body []byte, kind string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := [][2]string{{"model", t.cfg.Model}, {"response_format", "verbose_json"}, {"temperature", "0"}}
	if t.cfg.Language != "" {
		fields = append(fields, [2]string{"language", t.cfg.Language})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", err
		}
	}
	part, err := w.CreateFormFile("file", "call.wav") // a plain name: nothing of the call in it
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(wav(pcm)); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// wav gives a PCM WAV of 16 bit at 8 kHz.
func wav(pcm []int16) []byte {
	n := 2 * len(pcm)
	b := make([]byte, 0, 44+n)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+n))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{1, 1} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, audio.SampleRate)
	b = binary.LittleEndian.AppendUint32(b, 2*audio.SampleRate)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
