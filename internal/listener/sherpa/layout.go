package sherpa

import "unsafe"

// The structs of sherpa-onnx's C API (c-api.h) as version 1.13.8 lays them out on a 64-bit machine. They belong to that
// version alone: the version string is read before one of them is passed, and selfTest has the library print what it
// found in each field. A field name is the C name without its underscores. Fields that nothing here sets stand in the
// blank ranges _.

// text is a C string: bytes with a zero behind, kept alive by the struct that points at it.
type text = *byte

// cString gives a string as C reads it; the empty string is nil, which the library takes for "not set".
func cString(s string) text {
	if s == "" {
		return nil
	}
	b := make([]byte, len(s)+1)
	copy(b, s)
	return &b[0]
}

type featureConfig struct {
	sampleRate int32
	featureDim int32
}

type transducerConfig struct{ encoder, decoder, joiner text }

type sileroConfig struct {
	model              text
	threshold          float32
	minSilenceDuration float32 // s
	minSpeechDuration  float32 // s
	windowSize         int32   // samples
	maxSpeechDuration  float32 // s
}

type vadConfig struct {
	silero     sileroConfig
	sampleRate int32
	numThreads int32
	provider   text
	debug      int32
	_          sileroConfig // ten
	_          [8]unsafe.Pointer
}

type onlineModelConfig struct {
	transducer   transducerConfig
	_            [2]text // paraformer
	_            text    // zipformer2_ctc
	tokens       text
	numThreads   int32
	provider     text
	debug        int32
	modelType    text
	modelingUnit text
	bpeVocab     text
	_            text  // tokens_buf
	_            int32 // tokens_buf_size
	_            text  // nemo_ctc
	_            text  // t_one_ctc
}

type onlineConfig struct {
	feat           featureConfig
	model          onlineModelConfig
	decodingMethod text
	maxActivePaths int32
	enableEndpoint int32
	rule1          float32 // s
	rule2          float32 // s
	rule3          float32 // s
	hotwordsFile   text
	hotwordsScore  float32
	_              [2]uintptr // ctc_fst_decoder
	_              [2]text    // rule_fsts, rule_fars
	blankPenalty   float32
	_              text    // hotwords_buf
	_              int32   // hotwords_buf_size
	_              [3]text // hr
	_              [8]unsafe.Pointer
}

type senseVoiceConfig struct {
	model    text
	language text
	useITN   int32
}

type offlineModelConfig struct {
	transducer   transducerConfig
	_            text // paraformer
	nemoCTC      text
	_            [4]text // whisper: encoder, decoder, language, task
	_            [3]int32
	_            text // tdnn
	tokens       text
	numThreads   int32
	debug        int32
	provider     text
	modelType    text
	modelingUnit text
	bpeVocab     text
	_            text // telespeech_ctc
	senseVoice   senseVoiceConfig
	_            [5]text // moonshine
	_            [2]text // fire_red_asr
	_            text    // dolphin
	zipformerCTC text
	_            [4]text // canary
	_            int32
	_            text    // wenet_ctc
	_            text    // omnilingual
	_            text    // medasr
	_            [6]text // funasr_nano: encoder_adaptor … user_prompt
	_            [4]int32
	_            text // language
	_            int32
	_            text    // hotwords
	_            text    // fire_red_asr_ctc
	_            [4]text // qwen3_asr: conv_frontend … tokenizer
	_            [5]int32
	_            text    // hotwords
	_            [3]text // cohere_transcribe: encoder, decoder, language
	_            [2]int32
}

type lmConfig struct {
	model text
	scale float32
}

type offlineConfig struct {
	feat           featureConfig
	model          offlineModelConfig
	lm             lmConfig
	decodingMethod text
	maxActivePaths int32
	hotwordsFile   text
	hotwordsScore  float32
	ruleFSTs       text
	ruleFARs       text
	blankPenalty   float32
	_              [3]text    // hr
	_              [2]uintptr // ctc_fst_decoder
	_              [8]unsafe.Pointer
}

type embeddingConfig struct {
	model      text
	numThreads int32
	debug      int32
	provider   text
	_          [8]unsafe.Pointer
}

type denoiserConfig struct {
	gtcrn       text
	numThreads  int32
	debug       int32
	provider    text
	dpdfnet     text
	attenuation float32 // dB
	_           [8]unsafe.Pointer
}

// A denoisedAudio is what SherpaOnnxOfflineSpeechDenoiserRun points at.
type denoisedAudio struct {
	samples    *float32
	n          int32
	sampleRate int32
}
