package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestInOrder(t *testing.T) {
	k := known{labs: []string{"try", "other"}, servers: []string{"bk_app/nginx1", "bk_app/nginx2"}}
	flip, weight := []argument{serverArgument, labArgument}, []argument{serverArgument, weightArgument, labArgument}
	for _, tt := range []struct {
		kinds []argument
		args  string
		want  string // "" lets it pass
	}{
		{flip, "nginx2", ""},
		{flip, "nginx9", ""},
		{flip, "nginx2 try", ""},
		{flip, "nginx9 try", ""},
		{flip, "nginx2 nosuch", ""}, // who opens the lab says it
		{flip, "try nginx2", "did you mean halab nginx2 try?"},
		{flip, "try bk_new/nginx9", "did you mean halab bk_new/nginx9 try?"},
		{flip, "try", `"try" is a lab, not a server; usage: `},
		{flip, "try nosuch", `"try" is a lab, not a server`},
		{flip, "nginx1 nginx2", `"nginx2" is a server, not a lab`},
		{flip, "a b c", ""},
		{weight, "nginx2 50", ""},
		{weight, "nginx2 50% try", ""},
		{weight, "nginx2 lots", ""}, // weight says what it wants
		{weight, "50 nginx2", "did you mean halab nginx2 50?"},
		{weight, "nginx2 try 50%", "did you mean halab nginx2 50% try?"},
		{weight, "try nginx2 0", "did you mean halab nginx2 0 try?"},
		{weight, "50 try", `"50" is a weight, not a server`},
	} {
		err := k.inOrder(&cobra.Command{Use: "halab"}, tt.kinds, strings.Fields(tt.args))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v, want nothing", tt.args, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || exitCode(err) != codeUsage):
			t.Errorf("%s: %v, want %q", tt.args, err, tt.want)
		}
	}
}

// A server may be called as a lab is.
func TestInOrderSameName(t *testing.T) {
	k := known{labs: []string{"web"}, servers: []string{"bk/web"}}
	for _, args := range [][]string{{"web"}, {"web", "web"}} {
		if err := k.inOrder(&cobra.Command{}, []argument{serverArgument, labArgument}, args); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}
