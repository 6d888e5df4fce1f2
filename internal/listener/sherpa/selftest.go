package sherpa

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// SelfTest has the library print the configurations that it was given, and compares each field with what was put in.
// No model is needed. It borrows the process's standard error, so it runs in the probe's child only.
func (l *Library) SelfTest() error {
	for name, c := range map[string]struct {
		call func()
		want []string
	}{
		"offline recogniser": {l.offlineSample, offlineWant()},
		"online recogniser":  {l.onlineSample, onlineWant()},
		"voice activity": {l.vadSample, []string{`silero_vad=SileroVadModelConfig(model="SIL", threshold=0.25, min_silence_duration=0.75, min_speech_duration=1.25, max_speech_duration=5.5, window_size=256`,
			`ten_vad=TenVadModelConfig(model=""`, `sample_rate=16001, num_threads=3, provider="PROV", debug=True`}},
		"speaker embedding": {l.voiceSample, []string{`model="EMB", num_threads=3, debug=True, provider="PROV"`}},
		"denoiser":          {l.denoiserSample, []string{`Gtcrn`, `model="GT"`, `model="DPD", attenuation_limit_db=2.5`, `num_threads=3, debug=True, provider="PROV"`}},
	} {
		said, err := captured(c.call)
		if err != nil {
			return fmt.Errorf("layout of %s: %w", name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(said, w) {
				return fmt.Errorf("layout of %s: the library did not find %s where it was put", name, w)
			}
		}
	}
	return nil
}

func offlineWant() []string {
	return []string{"sampling_rate=16001, feature_dim=81", `encoder_filename="ENC", decoder_filename="DECO", joiner_filename="JOIN"`,
		`paraformer=OfflineParaformerModelConfig(model="")`, `nemo_ctc=OfflineNemoEncDecCtcModelConfig(model="NEMO")`,
		`tdnn=OfflineTdnnModelConfig(model="")`, `zipformer_ctc=OfflineZipformerCtcModelConfig(model="ZCTC")`,
		`sense_voice=OfflineSenseVoiceModelConfig(model="SENSE", language="LANG", use_itn=True)`, `telespeech_ctc=""`,
		`tokens="TOK", num_threads=3, debug=True, provider="PROV", model_type="MTYPE", modeling_unit="MUNIT", bpe_vocab="BPE"`,
		`lm_config=OfflineLMConfig(model="LM", scale=0.25`,
		`decoding_method="DEC", max_active_paths=7, hotwords_file="HOTF", hotwords_score=1.75, blank_penalty=0.5, rule_fsts="FST", rule_fars="FAR"`}
}

func onlineWant() []string {
	return []string{"sampling_rate=16001, feature_dim=81", `encoder="ENC", decoder="DECO", joiner="JOIN"`, `provider="PROV"`,
		`tokens="TOK", num_threads=3,`, `debug=True, model_type="MTYPE", modeling_unit="MUNIT", bpe_vocab="BPE"`,
		"min_trailing_silence=1.25", "min_trailing_silence=2.5", "min_utterance_length=3.75",
		`enable_endpoint=True, max_active_paths=7, hotwords_score=1.75, hotwords_file="HOTF", decoding_method="DEC", blank_penalty=0.5`}
}

func (l *Library) offlineSample() {
	c := &offlineConfig{feat: featureConfig{16001, 81}, lm: lmConfig{cString("LM"), 0.25}, decodingMethod: cString("DEC"), maxActivePaths: 7,
		hotwordsFile: cString("HOTF"), hotwordsScore: 1.75, ruleFSTs: cString("FST"), ruleFARs: cString("FAR"), blankPenalty: 0.5}
	c.model = offlineModelConfig{transducer: sampleTransducer(), nemoCTC: cString("NEMO"), tokens: cString("TOK"), numThreads: 3, debug: 1,
		provider: cString("PROV"), modelType: cString("MTYPE"), modelingUnit: cString("MUNIT"), bpeVocab: cString("BPE"),
		senseVoice: senseVoiceConfig{cString("SENSE"), cString("LANG"), 1}, zipformerCTC: cString("ZCTC")}
	if h := l.createOffline(c); h != 0 {
		l.destroyOffline(h)
	}
	runtime.KeepAlive(c)
}

func (l *Library) onlineSample() {
	c := &onlineConfig{feat: featureConfig{16001, 81}, decodingMethod: cString("DEC"), maxActivePaths: 7, enableEndpoint: 1,
		rule1: 1.25, rule2: 2.5, rule3: 3.75, hotwordsFile: cString("HOTF"), hotwordsScore: 1.75, blankPenalty: 0.5}
	c.model = onlineModelConfig{transducer: sampleTransducer(), tokens: cString("TOK"), numThreads: 3, provider: cString("PROV"), debug: 1,
		modelType: cString("MTYPE"), modelingUnit: cString("MUNIT"), bpeVocab: cString("BPE")}
	if h := l.createOnline(c); h != 0 {
		l.destroyOnline(h)
	}
	runtime.KeepAlive(c)
}

func sampleTransducer() transducerConfig {
	return transducerConfig{cString("ENC"), cString("DECO"), cString("JOIN")}
}

func (l *Library) vadSample() {
	c := &vadConfig{silero: sileroConfig{cString("SIL"), 0.25, 0.75, 1.25, 256, 5.5}, sampleRate: 16001, numThreads: 3, provider: cString("PROV"), debug: 1}
	if h := l.createVAD(c, 1); h != 0 {
		l.destroyVAD(h)
	}
	runtime.KeepAlive(c)
}

func (l *Library) voiceSample() {
	c := &embeddingConfig{model: cString("EMB"), numThreads: 3, debug: 1, provider: cString("PROV")}
	if h := l.createVoice(c); h != 0 {
		l.destroyVoice(h)
	}
	runtime.KeepAlive(c)
}

func (l *Library) denoiserSample() {
	c := &denoiserConfig{gtcrn: cString("GT"), numThreads: 3, debug: 1, provider: cString("PROV"), dpdfnet: cString("DPD"), attenuation: 2.5}
	if h := l.createDenoiser(c); h != 0 {
		l.destroyDenoiser(h)
	}
	runtime.KeepAlive(c)
}

// captured gives what is written to standard error while f runs.
func captured(f func()) (string, error) {
	fd, err := unix.MemfdCreate("sherpa", unix.MFD_CLOEXEC)
	if err != nil {
		return "", fmt.Errorf("memory file: %w", err)
	}
	file := os.NewFile(uintptr(fd), "sherpa")
	defer file.Close()
	kept, err := unix.Dup(unix.Stderr)
	if err != nil {
		return "", fmt.Errorf("standard error: %w", err)
	}
	defer unix.Close(kept)
	if err := unix.Dup3(fd, unix.Stderr, 0); err != nil {
		return "", fmt.Errorf("standard error: %w", err)
	}
	f()
	if err := unix.Dup3(kept, unix.Stderr, 0); err != nil {
		return "", fmt.Errorf("standard error: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	b, err := io.ReadAll(file)
	return string(b), err
}
