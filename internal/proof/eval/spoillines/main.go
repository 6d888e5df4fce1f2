// Command spoillines writes each line of its input as a bad recogniser might have, for the training of the classifier; the rates of its
// arguments (errors a phoneme) take turns.
//
// Owns: nothing. Never: run in the product. Goroutines: none.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"commusafe/internal/proof/eval"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "spoillines:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var spoilers []func(line string, round int) string
	for _, a := range args {
		rate, err := strconv.ParseFloat(a, 64)
		if err != nil {
			return fmt.Errorf("rate %q is no number", a)
		}
		spoil, err := eval.Spoiler(rate)
		if err != nil {
			return err
		}
		spoilers = append(spoilers, spoil)
	}
	if len(spoilers) == 0 {
		return fmt.Errorf("at least one rate is needed, like 0.1")
	}
	s := bufio.NewScanner(os.Stdin)
	w := bufio.NewWriter(os.Stdout)
	for i := 0; s.Scan(); i++ {
		fmt.Fprintln(w, spoilers[i%len(spoilers)](s.Text(), trainingRound))
	}
	if err := s.Err(); err != nil {
		return err
	}
	return w.Flush()
}

// trainingRound is one that eval text --errors does not use.
const trainingRound = 1000
