// Command inputs gives the training scripts what the nets of internal/listener/builtin see of sound, computed by the
// product's own front end: on standard input clips as uint32 length and int16 samples, little-endian; on standard
// output for each clip uint32 rows, uint32 columns and float32 numbers.
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"commusafe/internal/listener/builtin"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "inputs:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	phonemes, err := builtin.GistInputs()
	if err != nil {
		return err
	}
	kinds := map[string]func([]int16) [][]float32{
		"activity": builtin.ActivityInputs,
		"anger":    builtin.AngerInputs,
		"speaker":  builtin.SpeakerInputs,
		"phonemes": phonemes,
	}
	if len(args) != 1 || kinds[args[0]] == nil {
		return errors.New("one kind of inputs is needed")
	}
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriter(out)
	for {
		var n uint32
		err := binary.Read(r, binary.LittleEndian, &n)
		if errors.Is(err, io.EOF) {
			return nil
		}
		pcm := make([]int16, n)
		if err := errors.Join(err, binary.Read(r, binary.LittleEndian, pcm)); err != nil {
			return err
		}
		rows := kinds[args[0]](pcm)
		head := []uint32{uint32(len(rows)), 0}
		if len(rows) > 0 {
			head[1] = uint32(len(rows[0]))
		}
		if err := binary.Write(w, binary.LittleEndian, head); err != nil {
			return err
		}
		for _, row := range rows {
			if err := binary.Write(w, binary.LittleEndian, row); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}
