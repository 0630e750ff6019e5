// references says what distribution/reference makes of an image reference.
//
// Case: {"text": …}. Answer: {"error": …} or the parts, and how people write it.
package main

import (
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/distribution/reference"

	"slipway/tests/oracle/internal/lines"
)

type question struct {
	Text string `json:"text"`
}

type answer struct {
	Error      string `json:"error"`
	Domain     string `json:"domain"`
	Path       string `json:"path"`
	Tag        string `json:"tag"`
	Digest     string `json:"digest"`
	String     string `json:"string"`
	Familiar   string `json:"familiar"`
	WithLatest string `json:"with_latest"`
}

func parse(q question) answer {
	named, err := reference.ParseNormalizedNamed(q.Text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	a := answer{
		Domain:     reference.Domain(named),
		Path:       reference.Path(named),
		String:     named.String(),
		Familiar:   reference.FamiliarString(named),
		WithLatest: reference.TagNameOnly(named).String(),
	}
	// A first component as "a__b.c" makes the library take all of the text for a path without a registry. No engine can pull
	// such a thing, so slipway refuses it, and so does its oracle.
	if a.Domain == "" {
		return answer{Error: "no domain"}
	}
	if tagged, ok := named.(reference.Tagged); ok {
		a.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		a.Digest = digested.Digest().String()
	}
	return a
}

func main() { lines.Answer(parse) }
