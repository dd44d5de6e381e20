package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command that the documents, deploy/ and the help show is one that the
// command line takes.
func TestShownCommands(t *testing.T) {
	shown := map[string][]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "deploy/*.y*ml"} {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			shown[file] = commandsIn(string(text))
		}
	}
	root := (&app{}).root()
	for _, cmd := range root.Commands() {
		shown[cmd.Name()+" --help"] = commandsIn(cmd.Example)
	}
	n := 0
	for place, commands := range shown {
		n += len(commands)
		for _, command := range commands {
			if err := takesCommand(strings.Fields(command)); err != nil {
				t.Errorf("%s: halab %s: %v", place, command, err)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d commands were found", n)
	}
}

func TestShownCommandsFindMistakes(t *testing.T) {
	for _, text := range []string{
		"    halab merge shard-1 shard-2", "# halab mrege a --out b", "- run: bin/halab run", "  halab run a --shrad 1", "  halab matrix a\n    --shrad 1/2",
	} {
		commands := commandsIn(text)
		if len(commands) != 1 || takesCommand(strings.Fields(commands[0])) == nil {
			t.Errorf("%q: %q is taken", text, commands)
		}
	}
}

var (
	// commandLine is a line that is a command: indented, in a comment, or what
	// a workflow runs.
	commandLine = regexp.MustCompile(`(?m)^(?:#? +|\t| *- run: )(?:bin/)?halab ([a-z]+(?: .*)?(?:\n +--.*)*)$`)
	// asideOf is what stands after a command: a comment, or where it goes.
	asideOf    = regexp.MustCompile(`(?m) +[#>|] .*$|   .*$`)
	goesOn     = regexp.MustCompile(`\n +`)
	expression = regexp.MustCompile(`\$\{\{.*?\}\}`)
)

func commandsIn(text string) []string {
	var out []string
	for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
		line := expression.ReplaceAllString(goesOn.ReplaceAllString(m[1], " "), "1")
		out = append(out, strings.ReplaceAll(asideOf.ReplaceAllString(line, ""), "'", ""))
	}
	return out
}

// takesCommand parses a command and does not carry it out; merge does at once,
// for what it wants of its flags it says itself.
func takesCommand(args []string) error {
	root := (&app{stdout: &output{Writer: io.Discard, ui: &console{}}, ui: &console{}}).root()
	root.SetOut(&bytes.Buffer{})
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if cmd == root {
		return unknownCommand(root, args)
	}
	if cmd.Name() == "merge" && !cmd.Flags().Changed("out") {
		return cmd.RunE(cmd, cmd.Flags().Args())
	}
	return validate(cmd)
}

func validate(cmd *cobra.Command) error { return cmd.ValidateArgs(cmd.Flags().Args()) }
