// Package lines is what every oracle is: JSON cases on standard input, one JSON answer per case on standard output.
package lines

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// Answer decodes every line of standard input into a Case and writes what answer says to it, until the input ends.
func Answer[Case, Answer any](answer func(Case) Answer) {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for in.More() {
		var c Case
		if err := in.Decode(&c); err != nil {
			fmt.Fprintln(os.Stderr, "reading a case:", err)
			os.Exit(1)
		}
		if err := encoder.Encode(answer(c)); err != nil {
			fmt.Fprintln(os.Stderr, "writing an answer:", err)
			os.Exit(1)
		}
	}
}
