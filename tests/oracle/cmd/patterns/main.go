// patterns says what moby's ignorefile and patternmatcher decide about paths.
//
// Case: {"text": a .dockerignore, "paths": […]}. Answer: {"error": …} or {"matched": [true, …]}, one per path.
// Texts are bytes: every character stands for the byte of its number, for a file's name need not be UTF-8.
//
// Two differences, both on purpose: moby finds what is wrong in an expression only when a path comes to that pattern, and here
// it is an error of the file; and \p, \P and \Q are refused.
package main

import (
	"errors"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"slipway/tests/oracle/internal/lines"
)

type question struct {
	Text  string   `json:"text"`
	Paths []string `json:"paths"`
}

type answer struct {
	Error   string `json:"error"`
	Matched []bool `json:"matched"`
}

func bytesOf(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
	}
	return b.String()
}

// hasRefusedEscape reads a pattern as moby's compile does: an escape takes the next character with it.
func hasRefusedEscape(pattern string) bool {
	for i := 0; i+1 < len(pattern); i++ {
		if pattern[i] != '\\' {
			continue
		}
		i++
		if strings.IndexByte("pPQ", pattern[i]) >= 0 {
			return true
		}
	}
	return false
}

func compileNow(pm *patternmatcher.PatternMatcher) error {
	for _, p := range pm.Patterns() {
		if hasRefusedEscape(p.String()) {
			return errors.New("refused escape")
		}
		// An exclusion is only looked at once something has matched.
		alone := []string{p.String()}
		if p.Exclusion() {
			alone = []string{"**", "!" + p.String()}
		}
		single, err := patternmatcher.New(alone)
		if err != nil {
			return err
		}
		if _, err := single.MatchesOrParentMatches("x"); err != nil {
			return err
		}
	}
	return nil
}

func decide(q question) ([]bool, error) {
	patterns, err := ignorefile.ReadAll(strings.NewReader(bytesOf(q.Text)))
	if err != nil {
		return nil, err
	}
	pm, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	if err := compileNow(pm); err != nil {
		return nil, err
	}
	matched := []bool{}
	for _, path := range q.Paths {
		m, err := pm.MatchesOrParentMatches(bytesOf(path))
		if err != nil {
			return nil, err
		}
		matched = append(matched, m)
	}
	return matched, nil
}

func main() {
	lines.Answer(func(q question) answer {
		matched, err := decide(q)
		if err != nil {
			return answer{Error: err.Error(), Matched: []bool{}}
		}
		return answer{Matched: matched}
	})
}
