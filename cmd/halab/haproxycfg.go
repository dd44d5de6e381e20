package main

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"halab/internal/scenario"
)

// sectionWords begin a section of a haproxy.cfg (HAProxy Configuration Manual
// 2.1 and what came since), sorted.
var sectionWords = []string{
	"backend", "cache", "crt-store", "defaults", "fcgi-app", "frontend", "global", "http-errors", "listen",
	"log-forward", "mailers", "peers", "program", "resolvers", "ring", "userlist",
}

// haproxyCfg refuses a haproxy.cfg, which is what people have at hand and no
// scenario; it returns nil for everything else. It goes by lines that begin
// with a section word and no colon: YAML has no such line at its left edge, but
// within a script, which is why a file that says apiVersion is a scenario. An
// indented one counts where nothing comes before it, as HAProxy wants it.
func haproxyCfg(file string, data []byte) scenario.Errors {
	section, first := 0, true
	var source string
	n := 0
	for raw := range bytes.Lines(data) {
		n++
		line := strings.TrimRight(string(raw), "\r\n")
		if n == 1 {
			line = strings.TrimPrefix(line, "\uFEFF")
		}
		text := strings.TrimSpace(line)
		if strings.HasPrefix(line, "apiVersion") {
			return nil
		}
		if text == "" || text[0] == '#' || text[0] == '.' {
			continue // an empty line, a remark, or .if and its like
		}
		if section == 0 && (first || line[0] != ' ' && line[0] != '\t') && beginsSection(text) {
			section, source = n, line
		}
		first = false
	}
	if section == 0 {
		return nil
	}
	text := strings.TrimLeft(source, " \t")
	return scenario.Errors{{
		File: file, Line: section, Col: len(source) - len(text) + 1, Width: utf8.RuneCountInString(text), Source: source,
		Msg:  "this is a haproxy.cfg, not a halab scenario",
		Want: "a scenario in YAML, with the frontends, backends and servers of this file and the steps to rehearse",
		Hint: "halab scenarios debian-upgrade > my.yaml is one to begin with, and halab render my.yaml shows the haproxy.cfg that comes of it",
	}}
}

// beginsSection reports whether a line begins a section: its first word does,
// and neither that nor what follows makes it a key of YAML.
func beginsSection(text string) bool {
	words := strings.Fields(text)
	if _, found := slices.BinarySearch(sectionWords, words[0]); !found {
		return false
	}
	return len(words) == 1 || !strings.HasPrefix(words[1], ":")
}
