package voices

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// keySize is that of AES-256.
const keySize = 32

// A Key seals vectors: AES-256-GCM, with what the print says of itself as additional data, so that no vector can be put
// under another print. It lies outside the database (office.voices.key_file): who has the database alone has no voices.
type Key struct{ aead cipher.AEAD }

// NewKey reads a key of 32 bytes in base64. The key never stands in an error.
func NewKey(text string) (*Key, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != keySize {
		return nil, errors.New("it is not 32 bytes in base64; make one with: openssl rand -base64 32")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("the key for voices: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return &Key{aead}, err
}

// Seal gives nonce and sealed vector in base64.
func (k *Key) Seal(p Print, vector []float32) (string, error) {
	plain := make([]byte, 0, 4*len(vector))
	for _, x := range vector {
		plain = binary.LittleEndian.AppendUint32(plain, math.Float32bits(x))
	}
	defer clear(plain)
	nonce := make([]byte, k.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("seal a voice: %w", err)
	}
	return base64.StdEncoding.EncodeToString(k.aead.Seal(nonce, nonce, plain, about(p))), nil
}

// Open gives the vector of a print. The error says nothing of it.
func (k *Key) Open(p Print) ([]float32, error) {
	raw, err := base64.StdEncoding.DecodeString(p.Sealed)
	if err != nil || len(raw) < k.aead.NonceSize() {
		return nil, errors.New("the sealed voice is damaged")
	}
	n := k.aead.NonceSize()
	plain, err := k.aead.Open(nil, raw[:n], raw[n:], about(p))
	if err != nil || len(plain)%4 != 0 {
		return nil, errors.New("the sealed voice is damaged, or was sealed with another key")
	}
	defer clear(plain)
	out := make([]float32, len(plain)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(plain[4*i:]))
	}
	return out, nil
}

func about(p Print) []byte { return fmt.Appendf(nil, "%q %q %q %q", p.ID, p.Limit, p.Case, p.Source) }
