package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"halab/internal/haproxy"
	"halab/internal/lab"
)

// argument is what a command takes in one place.
type argument int

const (
	serverArgument argument = iota
	weightArgument
	labArgument
)

// called is the name of an argument in a sentence.
func (k argument) called() string { return [...]string{"a server", "a weight", "a lab"}[k] }

// known is what the recorded labs are called and have, by which arguments are
// told apart.
type known struct {
	labs, servers []string // servers as backend/server
}

// knownLabs reads the records. One that is not believed counts by its name.
func knownLabs() known {
	var k known
	state, _ := lab.StateDir()
	records, _, _ := lab.List(state) // what is wrong with them is told by who opens one
	for _, rec := range records {
		k.labs = append(k.labs, rec.Name)
		if rec.ID == "" || rec.Foreign() != nil {
			continue
		}
		if s, err := labScenario(rec); err == nil {
			for _, ref := range s.ServerRefs() {
				k.servers = append(k.servers, ref.String())
			}
		}
	}
	slices.Sort(k.servers)
	k.servers = slices.Compact(k.servers)
	return k
}

// is reports whether word is surely such an argument.
func (k known) is(kind argument, word string) bool {
	switch kind {
	case labArgument:
		return slices.Contains(k.labs, word)
	case weightArgument:
		return validWeight(word)
	}
	return strings.Contains(word, "/") || slices.ContainsFunc(k.servers, func(ref string) bool { return strings.HasSuffix(ref, "/"+word) })
}

// may reports whether word can be such an argument: a command of the user's may
// have added a server that no scenario has.
func (k known) may(kind argument, word string) bool {
	return k.is(kind, word) || kind == serverArgument && !k.is(labArgument, word) && !k.is(weightArgument, word)
}

// inOrder refuses arguments in another order than the command takes them, and
// says the right one. What it does not know for sure it lets pass.
func (k known) inOrder(cmd *cobra.Command, kinds []argument, args []string) error {
	if len(args) > len(kinds) {
		return nil
	}
	wrong := 0
	for wrong < len(args) && k.may(kinds[wrong], args[wrong]) {
		wrong++
	}
	if wrong == len(args) {
		return nil
	}
	if right := k.arrange(kinds[:len(args)], args); right != nil {
		var words []string
		for _, word := range right {
			words = append(words, quote(word))
		}
		return usagef("the arguments are in the wrong order: did you mean %s %s?", cmd.CommandPath(), strings.Join(words, " "))
	}
	for _, kind := range kinds {
		if kind != kinds[wrong] && k.is(kind, args[wrong]) {
			return usagef("%q is %s, not %s; usage: %s", args[wrong], kind.called(), kinds[wrong].called(), cmd.UseLine())
		}
	}
	return nil
}

// arrange puts args into an order that surely is that of kinds; nil where there
// is none.
func (k known) arrange(kinds []argument, args []string) []string {
	if len(kinds) == 0 {
		return []string{}
	}
	for i, word := range args {
		if !k.is(kinds[0], word) {
			continue
		}
		rest := slices.Delete(slices.Clone(args), i, i+1)
		if more := k.arrange(kinds[1:], rest); more != nil {
			return append([]string{word}, more...)
		}
	}
	return nil
}

// completeTimeout bounds what completion asks a stats socket.
const completeTimeout = time.Second

// completeArguments offers servers and labs where a command takes them: the
// servers of the labs, or those of the stats socket of -s.
func completeArguments(f *socketFlags, kinds ...argument) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) >= len(kinds):
		case kinds[len(args)] == labArgument && f.socket == "":
			return completeLab(len(args))(cmd, args, word)
		case kinds[len(args)] == serverArgument && f.socket == "":
			return knownLabs().servers, cobra.ShellCompDirectiveNoFileComp
		case kinds[len(args)] == serverArgument:
			return f.servers(), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// servers are those of the stats socket of -s; none where it does not answer.
func (f *socketFlags) servers() []string {
	client, err := f.client(nil)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), completeTimeout)
	defer cancel()
	stats, _ := client.Stat(ctx) // completion has no one to tell
	var out []string
	for _, s := range haproxy.Servers(stats) {
		out = append(out, s.Ref().String())
	}
	return out
}
