package sherpa

import (
	"errors"
	"fmt"
	"runtime"

	"commusafe/internal/audio"
)

// A stream is what the library keeps for one party of one call.
type stream interface{ close() }

// A decoder turns sound of several streams into words at once. It is safe for several goroutines; a stream is not.
type decoder interface {
	open(hotWords string) (stream, error)
	decode(batch []*work)
	close()
}

// A work is one stretch of sound to be recognised, and what came of it.
type work struct {
	stream stream
	pcm    []int16
	last   bool // the stretch ends here: the words are final

	found result
	over  bool // of a streaming model: the utterance has ended
	err   error
}

// newDecoder loads the recogniser's model.
func (l *Library) newDecoder(c Config) (decoder, error) {
	if c.Words.Kind.Online() {
		return l.newOnline(c)
	}
	return l.newOffline(c)
}

const featureDim = 80

// shortest is how much sound a model is given at least, filled with silence: SenseVoice reads past the end of less than
// seven frames.
const shortest = audio.SampleRate / 2

// hinted tells whether hot words are used: only transducers search with a beam, and other models end the process when
// they are asked to.
func (c Config) hinted() bool {
	return c.HotWords > 0 && (c.Words.Kind == Transducer || c.Words.Kind == OnlineTransducer)
}

// decoding gives the search: hot words need a beam.
func decoding(c Config) (method string, score float32) {
	if c.hinted() {
		return "modified_beam_search", float32(c.HotWords)
	}
	return "greedy_search", 0
}

// offline recognises finished stretches.
type offline struct {
	lib    *Library
	h      handle
	hinted bool
	quiet  *Denoiser
}

func (l *Library) newOffline(c Config) (*offline, error) {
	m := c.Words
	method, score := decoding(c)
	oc := &offlineConfig{feat: featureConfig{sileroRate, featureDim}, decodingMethod: cString(method), maxActivePaths: 4, hotwordsScore: score}
	oc.model = offlineModelConfig{tokens: cString(m.Tokens), numThreads: 1, provider: cString("cpu"), modelingUnit: cString(m.Unit), bpeVocab: cString(m.BPE)}
	switch m.Kind {
	case Transducer, NemoTransducer:
		oc.model.transducer = transducerConfig{cString(m.Encoder), cString(m.Decoder), cString(m.Joiner)}
		oc.model.modelType = cString(string(m.Kind))
	case NemoCTC:
		oc.model.nemoCTC, oc.model.modelType = cString(m.Net), cString(string(m.Kind))
	case SenseVoice:
		oc.model.senseVoice = senseVoiceConfig{model: cString(m.Net), language: cString(m.Language), useITN: 1}
	case OnlineTransducer:
		return nil, fmt.Errorf("model %s is a streaming one", m.ID)
	}
	h := l.createOffline(oc)
	runtime.KeepAlive(oc)
	if h == 0 {
		return nil, fmt.Errorf("model %s is refused by the library", m.ID)
	}
	o := &offline{lib: l, h: h, hinted: c.hinted()}
	if c.Denoiser != "" {
		var err error
		if o.quiet, err = l.NewDenoiser(c.Denoiser); err != nil {
			o.close()
			return nil, err
		}
	}
	return o, nil
}

func (o *offline) close() {
	o.lib.destroyOffline(o.h)
	if o.quiet != nil {
		o.quiet.Close()
	}
}

// An offlineStream keeps only the hot words: the library wants a new stream for each stretch.
type offlineStream struct{ hotWords string }

func (offlineStream) close() {}

func (o *offline) open(hotWords string) (stream, error) {
	if !o.hinted {
		hotWords = ""
	}
	return offlineStream{hotWords}, nil
}

func (o *offline) decode(batch []*work) {
	streams := make([]handle, 0, len(batch))
	var x []float32
	for _, w := range batch {
		words := cString(w.stream.(offlineStream).hotWords)
		var s handle
		if words != nil {
			s = o.lib.offlineHinted(o.h, words)
		} else {
			s = o.lib.offlineStream(o.h)
		}
		runtime.KeepAlive(words)
		var rate int32
		x, rate = o.prepare(x[:0], w.pcm)
		o.lib.acceptOffline(s, rate, &x[0], int32(len(x)))
		streams = append(streams, s)
	}
	o.lib.decodeMany(o.h, &streams[0], int32(len(streams)))
	for i, w := range batch {
		p := o.lib.offlineJSON(streams[i])
		w.found, w.err = readResult(goString(p))
		o.lib.freeOfflineJSON(p)
		o.lib.destroyStream(streams[i])
	}
	runtime.KeepAlive(x)
}

// prepare gives the sound as the model takes it: without noise where that is wanted, at 16 kHz. (The library would
// resample by itself, with a line on standard error for each stretch.)
func (o *offline) prepare(dst []float32, pcm []int16) ([]float32, int32) {
	pcm = append(pcm, make([]int16, max(0, shortest-len(pcm)))...)
	if o.quiet != nil {
		if x, rate := o.quiet.Run(pcm); rate != audio.SampleRate {
			return x, rate
		} else if len(x) > 0 {
			return new(doubler).doubleFloats(dst, x), sileroRate
		}
	}
	return new(doubler).double(dst, pcm), sileroRate
}

// online recognises while somebody speaks.
type online struct {
	lib    *Library
	h      handle
	lang   string
	hinted bool
}

// Silences that end an utterance of a streaming model, in seconds: without any word, after words; and the longest one.
const (
	silenceBefore = 2.4
	silenceAfter  = 0.8
	longestWords  = 20
)

func (l *Library) newOnline(c Config) (*online, error) {
	m := c.Words
	method, score := decoding(c)
	oc := &onlineConfig{feat: featureConfig{sileroRate, featureDim}, decodingMethod: cString(method), maxActivePaths: 4, hotwordsScore: score,
		enableEndpoint: 1, rule1: silenceBefore, rule2: silenceAfter, rule3: longestWords}
	oc.model = onlineModelConfig{transducer: transducerConfig{cString(m.Encoder), cString(m.Decoder), cString(m.Joiner)}, tokens: cString(m.Tokens),
		numThreads: 1, provider: cString("cpu"), modelingUnit: cString(m.Unit), bpeVocab: cString(m.BPE)}
	h := l.createOnline(oc)
	runtime.KeepAlive(oc)
	if h == 0 {
		return nil, fmt.Errorf("model %s is refused by the library", m.ID)
	}
	return &online{lib: l, h: h, lang: m.Language, hinted: c.hinted()}, nil
}

func (o *online) close() { o.lib.destroyOnline(o.h) }

// An onlineStream is one party's state in the library; it is made anew after its sound has ended.
type onlineStream struct {
	o        *online
	hotWords string
	h        handle
	up       doubler
}

func (s *onlineStream) close() {
	if s.h != 0 {
		s.o.lib.destroyOnlineStr(s.h)
		s.h = 0
	}
}

func (o *online) open(hotWords string) (stream, error) {
	s := &onlineStream{o: o}
	if o.hinted {
		s.hotWords = hotWords
	}
	if s.renew(); s.h == 0 {
		return nil, errors.New("the library gives no stream")
	}
	return s, nil
}

func (s *onlineStream) renew() {
	o := s.o
	s.up = doubler{}
	if words := cString(s.hotWords); words != nil {
		s.h = o.lib.onlineHinted(o.h, words)
		runtime.KeepAlive(words)
	} else {
		s.h = o.lib.onlineStream(o.h)
	}
	if o.lang != "" && s.h != 0 {
		key, value := cString("language"), cString(o.lang)
		o.lib.optionOnline(s.h, key, value)
		runtime.KeepAlive([]text{key, value})
	}
}

func (o *online) decode(batch []*work) {
	var x []float32
	var ready []handle
	for _, w := range batch {
		s := w.stream.(*onlineStream)
		if s.h == 0 {
			s.renew()
		}
		h := s.h
		if x = s.up.double(x[:0], w.pcm); len(x) > 0 {
			o.lib.acceptOnline(h, sileroRate, &x[0], int32(len(x)))
		}
		if w.last {
			o.lib.finishOnline(h)
		}
	}
	for {
		ready = ready[:0]
		for _, w := range batch {
			if h := w.stream.(*onlineStream).h; o.lib.readyOnline(o.h, h) != 0 {
				ready = append(ready, h)
			}
		}
		if len(ready) == 0 {
			break
		}
		o.lib.decodeOnlineMany(o.h, &ready[0], int32(len(ready)))
	}
	runtime.KeepAlive(x)
	for _, w := range batch {
		o.collect(w)
	}
}

// collect takes the words so far; at an endpoint the stream begins anew.
func (o *online) collect(w *work) {
	h := w.stream.(*onlineStream).h
	p := o.lib.onlineJSON(o.h, h)
	w.found, w.err = readResult(goString(p))
	o.lib.freeOnlineJSON(p)
	w.over = o.lib.endpoint(o.h, h) != 0
	switch {
	case w.last:
		w.stream.close()
	case w.over:
		o.lib.resetOnline(o.h, h)
	}
}
