package sherpa

import (
	"fmt"
	"path/filepath"
	"unsafe"

	"github.com/ebitengine/purego"
)

// A handle is an object of the library.
type handle uintptr

// A Library is the loaded library. It is never unloaded: its threads may outlive what used them.
type Library struct {
	version func() string

	createVAD  func(*vadConfig, float32) handle
	destroyVAD func(handle)
	acceptVAD  func(handle, *float32, int32)
	emptyVAD   func(handle) int32
	detected   func(handle) int32
	popVAD     func(handle)
	resetVAD   func(handle)

	createOffline    func(*offlineConfig) handle
	destroyOffline   func(handle)
	offlineStream    func(handle) handle
	offlineHinted    func(handle, *byte) handle
	destroyStream    func(handle)
	acceptOffline    func(handle, int32, *float32, int32)
	decodeMany       func(handle, *handle, int32)
	offlineJSON      func(handle) *byte
	freeOfflineJSON  func(*byte)
	createOnline     func(*onlineConfig) handle
	destroyOnline    func(handle)
	onlineStream     func(handle) handle
	onlineHinted     func(handle, *byte) handle
	destroyOnlineStr func(handle)
	acceptOnline     func(handle, int32, *float32, int32)
	readyOnline      func(handle, handle) int32
	decodeOnlineMany func(handle, *handle, int32)
	onlineJSON       func(handle, handle) *byte
	freeOnlineJSON   func(*byte)
	resetOnline      func(handle, handle)
	finishOnline     func(handle)
	endpoint         func(handle, handle) int32
	optionOnline     func(handle, *byte, *byte)

	createVoice  func(*embeddingConfig) handle
	destroyVoice func(handle)
	dimVoice     func(handle) int32
	streamVoice  func(handle) handle
	readyVoice   func(handle, handle) int32
	embed        func(handle, handle) *float32
	freeEmbed    func(*float32)

	createDenoiser  func(*denoiserConfig) handle
	destroyDenoiser func(handle)
	rateDenoiser    func(handle) int32
	runDenoiser     func(handle, *float32, int32, int32) *denoisedAudio
	freeDenoised    func(*denoisedAudio)
}

// symbols gives the functions by their names in c-api.h.
func (l *Library) symbols() map[string]any {
	return map[string]any{
		"CreateVoiceActivityDetector": &l.createVAD, "DestroyVoiceActivityDetector": &l.destroyVAD,
		"VoiceActivityDetectorAcceptWaveform": &l.acceptVAD, "VoiceActivityDetectorEmpty": &l.emptyVAD,
		"VoiceActivityDetectorDetected": &l.detected,
		"VoiceActivityDetectorPop":      &l.popVAD, "VoiceActivityDetectorReset": &l.resetVAD,
		"CreateOfflineRecognizer": &l.createOffline, "DestroyOfflineRecognizer": &l.destroyOffline,
		"CreateOfflineStream": &l.offlineStream, "CreateOfflineStreamWithHotwords": &l.offlineHinted,
		"DestroyOfflineStream": &l.destroyStream, "AcceptWaveformOffline": &l.acceptOffline,
		"DecodeMultipleOfflineStreams": &l.decodeMany, "GetOfflineStreamResultAsJson": &l.offlineJSON,
		"DestroyOfflineStreamResultJson": &l.freeOfflineJSON,
		"CreateOnlineRecognizer":         &l.createOnline, "DestroyOnlineRecognizer": &l.destroyOnline,
		"CreateOnlineStream": &l.onlineStream, "CreateOnlineStreamWithHotwords": &l.onlineHinted,
		"DestroyOnlineStream": &l.destroyOnlineStr, "OnlineStreamAcceptWaveform": &l.acceptOnline,
		"IsOnlineStreamReady": &l.readyOnline, "DecodeMultipleOnlineStreams": &l.decodeOnlineMany,
		"GetOnlineStreamResultAsJson": &l.onlineJSON, "DestroyOnlineStreamResultJson": &l.freeOnlineJSON,
		"OnlineStreamReset": &l.resetOnline, "OnlineStreamInputFinished": &l.finishOnline,
		"OnlineStreamIsEndpoint": &l.endpoint, "OnlineStreamSetOption": &l.optionOnline,
		"CreateSpeakerEmbeddingExtractor": &l.createVoice, "DestroySpeakerEmbeddingExtractor": &l.destroyVoice,
		"SpeakerEmbeddingExtractorDim": &l.dimVoice, "SpeakerEmbeddingExtractorCreateStream": &l.streamVoice,
		"SpeakerEmbeddingExtractorIsReady": &l.readyVoice, "SpeakerEmbeddingExtractorComputeEmbedding": &l.embed,
		"SpeakerEmbeddingExtractorDestroyEmbedding": &l.freeEmbed,
		"CreateOfflineSpeechDenoiser":               &l.createDenoiser, "DestroyOfflineSpeechDenoiser": &l.destroyDenoiser,
		"OfflineSpeechDenoiserGetSampleRate": &l.rateDenoiser, "OfflineSpeechDenoiserRun": &l.runDenoiser, "DestroyDenoisedAudio": &l.freeDenoised,
	}
}

// Open loads the library from a directory. Its version is read before anything else of it is used.
func Open(dir string) (*Library, error) {
	if !hasLibrary(dir) {
		return nil, fmt.Errorf("%w in %s", ErrNoLibrary, dir)
	}
	// The API finds onnxruntime by name; loaded first by path, it is the one of the same directory.
	if _, err := purego.Dlopen(filepath.Join(dir, runtimeFile), purego.RTLD_NOW|purego.RTLD_GLOBAL); err != nil {
		return nil, fmt.Errorf("%s can't be loaded: %w", runtimeFile, err)
	}
	h, err := purego.Dlopen(filepath.Join(dir, apiFile), purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("%s can't be loaded: %w", apiFile, err)
	}
	l := &Library{}
	if err := register(h, "GetVersionStr", &l.version); err != nil {
		return nil, err
	}
	if v := l.version(); v != Version {
		return nil, fmt.Errorf("sherpa-onnx in %s is version %q, and this program knows %s only", dir, v, Version)
	}
	for name, f := range l.symbols() {
		if err := register(h, name, f); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func register(h uintptr, name string, f any) error {
	sym, err := purego.Dlsym(h, "SherpaOnnx"+name)
	if err != nil {
		return fmt.Errorf("sherpa-onnx lacks %s: %w", name, err)
	}
	purego.RegisterFunc(f, sym)
	return nil
}

// longestText is how much of a C string is read.
const longestText = 1 << 20

// goString copies a C string.
func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for n < longestText && *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}

// floats gives samples as the library takes them, −1 to 1.
func floats(dst []float32, pcm []int16) []float32 {
	for _, s := range pcm {
		dst = append(dst, float32(s)/32768)
	}
	return dst
}
