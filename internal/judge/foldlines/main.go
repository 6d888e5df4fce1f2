// Command foldlines folds each line of its input, for the training of the classifier: both see the same letters.
//
// Owns: nothing. Never: run in the product. Goroutines: none.
package main

import (
	"bufio"
	"fmt"
	"os"

	"commusafe/internal/text"
)

func main() {
	s := bufio.NewScanner(os.Stdin)
	w := bufio.NewWriter(os.Stdout)
	for s.Scan() {
		fmt.Fprintln(w, text.Key(s.Text()))
	}
	if err := w.Flush(); err != nil {
		os.Exit(1)
	}
}
