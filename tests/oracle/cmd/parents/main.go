// parents says which images a Dockerfile is built on, by BuildKit's own parser, instructions and shell lexer.
//
// Case: {"text": …, "build_args": {…}}. Answer: {"error": …, "line": n} for what BuildKit refuses (line 0: the whole file), or
// {"parents": [{"kind", "reference", "platform", "line"}]}.
//
// What only dockerfile2llb does (names and numbers of stages, the scope of FROM, triggers of local stages) is written here after
// frontend/dockerfile/dockerfile2llb/convert.go of the same version, with one difference: every stage counts, not only those that
// the target needs.
package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"slipway/tests/oracle/internal/lines"
)

type question struct {
	Text      string            `json:"text"`
	BuildArgs map[string]string `json:"build_args"`
}

type parent struct {
	Kind      string `json:"kind"`
	Reference string `json:"reference"`
	Platform  string `json:"platform"`
	Line      int    `json:"line"`
}

type answer struct {
	Error   string   `json:"error"`
	Line    int      `json:"line"`
	Parents []parent `json:"parents"`
}

// located is an error and the line where the instruction starts.
type located struct {
	line int
	err  error
}

func (l *located) Error() string { return l.err.Error() }

func at(line int, err error) error {
	var already *located
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &located{line, err}
}

// env is the scope of FROM.
type env map[string]string

func (e env) Get(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func (e env) Keys() []string { return nil }

// state is a stage, or an image that an instruction reads from; BuildKit numbers both in one list.
type state struct {
	stage    *instructions.Stage
	base     *state
	commands []instructions.Command
	line     int
	from     *parent
	sources  []parent
}

type converter struct {
	lexer  *shell.Lex
	states []*state
	byName map[string]int
}

// names tells whether an instruction can name an image, or hide one. The others' mistakes are out of scope: slipway leaves them to
// the build.
func names(node *parser.Node, before bool) bool {
	switch strings.ToLower(node.Value) {
	case command.From, command.Copy, command.Run, command.Onbuild:
		return true
	case command.Arg:
		return before
	}
	return false
}

// parseInstruction passes a linter that says nothing, as comments of the form check=… make BuildKit's need one.
func parseInstruction(node *parser.Node) (any, error) {
	quiet := linter.New(&linter.Config{SkipAll: true})
	return instructions.ParseInstructionWithLinter(node, quiet)
}

func (c *converter) readStages(root *parser.Node) (args []*instructions.ArgCommand, err error) {
	for _, node := range root.Children {
		if _, known := command.Commands[strings.ToLower(node.Value)]; !known {
			return nil, at(node.StartLine, fmt.Errorf("unknown instruction: %s", node.Value))
		}
		var parsed any
		if names(node, len(c.states) == 0) {
			if parsed, err = parseInstruction(node); err != nil {
				return nil, at(node.StartLine, err)
			}
		}
		switch p := parsed.(type) {
		case *instructions.Stage:
			c.states = append(c.states, &state{stage: p, line: node.StartLine})
			continue
		case *instructions.ArgCommand:
			args = append(args, p)
			continue
		}
		if len(c.states) == 0 {
			return nil, at(node.StartLine, errors.New("no build stage in current context"))
		}
		if cmd, ok := parsed.(instructions.Command); ok {
			last := c.states[len(c.states)-1]
			last.commands = append(last.commands, cmd)
		}
	}
	if len(c.states) == 0 {
		return nil, at(0, errors.New("dockerfile contains no stages to build"))
	}
	return args, nil
}

func (c *converter) scope(args []*instructions.ArgCommand, buildArgs map[string]string) (env, error) {
	target := c.states[len(c.states)-1].stage.Name
	if target == "" {
		target = "default"
	}
	scope := env{"TARGETSTAGE": target}
	for _, side := range []string{"BUILD", "TARGET"} {
		scope[side+"PLATFORM"] = "linux/amd64"
		scope[side+"OS"] = "linux"
		scope[side+"OSVERSION"] = ""
		scope[side+"ARCH"] = "amd64"
		scope[side+"VARIANT"] = ""
	}
	for name := range scope {
		if value, ok := buildArgs[name]; ok {
			scope[name] = value
		}
	}
	for _, arg := range args {
		for _, pair := range arg.Args {
			if value, ok := buildArgs[pair.Key]; ok {
				scope[pair.Key] = value
			} else if pair.Value != nil {
				value, _, err := c.lexer.ProcessWord(*pair.Value, scope)
				if err != nil {
					return nil, at(arg.Location()[0].Start.Line, err)
				}
				scope[pair.Key] = value
			}
		}
	}
	return scope, nil
}

func (c *converter) resolveFrom(s *state, index int, scope env) error {
	base, _, err := c.lexer.ProcessWord(s.stage.BaseName, scope)
	if err != nil {
		return err
	}
	if base == "" {
		return fmt.Errorf("base name (%s) should not be blank", s.stage.BaseName)
	}
	platform := ""
	if s.stage.Platform != "" {
		if platform, _, err = c.lexer.ProcessWord(s.stage.Platform, scope); err != nil {
			return err
		}
		if platform == "" {
			return errors.New("empty platform value")
		}
		if _, err := platforms.Parse(platform); err != nil {
			return err
		}
	}
	if named, ok := c.byName[base]; ok {
		s.base = c.states[named]
	} else if base != "scratch" {
		if _, err := reference.ParseNormalizedNamed(base); err != nil {
			return err
		}
		s.from = &parent{"from", base, platform, s.line}
	}
	if s.stage.Name != "" {
		c.byName[s.stage.Name] = index
	}
	return nil
}

// source is what the user of COPY --from or of a mount gets: nothing but an error or a parent comes of it here.
func (c *converter) source(s *state, index int, kind, from string, line int) error {
	if named, ok := c.byName[strings.ToLower(from)]; ok {
		if named >= index {
			return fmt.Errorf("stage %q needs to be defined before", from)
		}
		return nil
	}
	c.states = append(c.states, &state{line: line})
	if from == "scratch" {
		return nil
	}
	if _, err := reference.ParseNormalizedNamed(from); err != nil {
		return err
	}
	s.sources = append(s.sources, parent{kind, from, "", line})
	return nil
}

func (c *converter) copySource(s *state, index, stages int, from string, line int) error {
	expanded, _, err := c.lexer.ProcessWord(from, env{})
	if err != nil {
		return err
	}
	if expanded != from {
		return errors.New("variable expansion is not supported for --from")
	}
	number, err := strconv.Atoi(from)
	if err != nil {
		return c.source(s, index, "copy_from", from, line)
	}
	if number < 0 || number >= len(c.states) {
		return fmt.Errorf("invalid stage index %d", number)
	}
	if number < stages && number >= index {
		return fmt.Errorf("stage %d needs to be defined before", number)
	}
	return nil
}

func (c *converter) readCommand(s *state, index, stages int, cmd any, line int) error {
	switch cmd := cmd.(type) {
	case *instructions.CopyCommand:
		if cmd.From != "" {
			return c.copySource(s, index, stages, cmd.From, line)
		}
	case *instructions.RunCommand:
		for _, mount := range instructions.GetMounts(cmd) {
			from := mount.From
			if from == "" {
				from = "scratch"
			}
			if err := c.source(s, index, "run_mount", from, line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *converter) readTrigger(s *state, index, stages int, trigger string) error {
	parsed, err := parser.Parse(strings.NewReader(trigger))
	if err != nil {
		return err
	}
	if len(parsed.AST.Children) != 1 {
		return errors.New("onbuild trigger should be a single expression")
	}
	node := parsed.AST.Children[0]
	if _, known := command.Commands[strings.ToLower(node.Value)]; !known {
		return errors.New("unknown instruction")
	}
	if !names(node, false) {
		return nil
	}
	cmd, err := parseInstruction(node)
	if err != nil {
		return err
	}
	return c.readCommand(s, index, stages, cmd, s.line)
}

func (c *converter) readCommands(s *state, index, stages int) error {
	if s.base != nil {
		for _, cmd := range s.base.commands {
			if onbuild, ok := cmd.(*instructions.OnbuildCommand); ok {
				if err := c.readTrigger(s, index, stages, onbuild.Expression); err != nil {
					return at(s.line, err)
				}
			}
		}
	}
	for _, cmd := range s.commands {
		line := cmd.Location()[0].Start.Line
		if err := c.readCommand(s, index, stages, cmd, line); err != nil {
			return at(line, err)
		}
	}
	return nil
}

// parseErrorLine corrects what the parser says of itself: a directive's error has the line before, and an error of the whole file
// has the last one.
func parseErrorLine(err error) int {
	var place *parser.LocationError
	if !errors.As(err, &place) {
		return 0
	}
	text := err.Error()
	if strings.Contains(text, "no instructions") || strings.Contains(text, "greater than max") {
		return 0
	}
	line := place.Locations[0][0].Start.Line
	if strings.Contains(text, "parser directive") || strings.Contains(text, "invalid escape token") {
		line++
	}
	return line
}

func convert(q question) ([]parent, error) {
	parsed, err := parser.Parse(strings.NewReader(q.Text))
	if err != nil {
		return nil, at(parseErrorLine(err), err)
	}
	c := converter{lexer: shell.NewLex(parsed.EscapeToken), byName: map[string]int{}}
	args, err := c.readStages(parsed.AST)
	if err != nil {
		return nil, err
	}
	scope, err := c.scope(args, q.BuildArgs)
	if err != nil {
		return nil, err
	}
	stages := c.states
	for i, s := range stages {
		if err := c.resolveFrom(s, i, scope); err != nil {
			return nil, at(s.line, err)
		}
	}
	parents := []parent{}
	for i, s := range stages {
		if err := c.readCommands(s, i, len(stages)); err != nil {
			return nil, err
		}
		if s.from != nil {
			parents = append(parents, *s.from)
		}
		parents = append(parents, s.sources...)
	}
	return parents, nil
}

func main() {
	lines.Answer(func(q question) answer {
		parents, err := convert(q)
		if err != nil {
			var place *located
			errors.As(err, &place)
			return answer{Error: err.Error(), Line: place.line, Parents: []parent{}}
		}
		return answer{Parents: parents}
	})
}
