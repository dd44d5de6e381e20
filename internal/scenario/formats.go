package scenario

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"halab/internal/haproxy"
)

// format is what the tag format:"…" of a text field asks for. Every text that
// reaches a configuration has one: what is written there is never escaped but
// refused.
type format struct {
	name string
	// want says what is expected, for a person.
	want string
	// pattern is for editors; check is what counts and may ask for more.
	pattern string
	// check returns what is wrong with the text, and a hint, or "".
	check func(text string) (msg, hint string)
}

// formats returns the table, sorted by name.
func formats() []format {
	return []format{
		{"address", "address and port that nginx listens on: 127.0.0.1:81, [::1]:81, web1:81", `^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$`, checkAddress},
		{"bandwidth", "so much a second, as in 64KB, 1.5MiB or 10Mbit", `^[0-9]{1,12}(\.[0-9]{1,9})? ?([kKMG]i?)?([Bb]it|B)(/s|ps)?$`, nil},
		{"bind", "address and port as after the word bind: :80, 127.0.0.1:8080, [::1]:80", `^(\[[0-9A-Fa-f:.]+\]|[0-9.]+|\*)?:[0-9]{1,5}$`, checkBind},
		{"line", "one line of text of at most 300 characters", `^[^\n]{0,300}$`, checkLine},
		{"name", "a name as HAProxy takes it: letters, digits, - _ . and :, at most 64", `^[A-Za-z0-9_.:-]{1,64}$`, checkName},
		{"option", "what stands after the word option in haproxy.cfg", `^[a-z]`, checkOption},
		{"rate", "a number a second", `^[0-9.]+(/s)?$`, nil},
		{"server", "a server: bk_app/nginx2, or nginx2 where no other backend has one of that name", `^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)?$`, checkServer},
		{"text", "text of at most 64 KiB", "", checkText},
		{"title", "letters, digits, - _ and ., beginning with a letter or digit, at most 64", `^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`, checkTitle},
		{"uri", "a path as in a request, that begins with / and has no space, quote, $, ; or #", `^/`, checkURI},
		{"version", "a version: 2.6 or 1.18.0", `^[0-9]+\.[0-9]+(\.[0-9]+)?$`, checkVersion},
	}
}

func formatNamed(name string) format {
	for _, f := range formats() {
		if f.name == name && name != "" {
			return f
		}
	}
	return format{}
}

// Limits of the texts of a scenario.
const (
	maxName    = 64        // bytes; names become parts of file names and sockets
	maxLine    = 300       // characters
	maxURI     = 1024      // bytes
	maxContent = 64 * 1024 // bytes
)

var (
	titlePattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
	versionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?$`)
)

// checkName follows HAProxy's invalid_char (HAProxy manual 4, Proxies), and
// refuses what would not stay in its directory as a file's name.
func checkName(text string) (msg, hint string) {
	switch {
	case text == "":
		return "is empty", ""
	case len(text) > maxName:
		return fmt.Sprintf("has %d characters", len(text)), ""
	case strings.Trim(text, ".") == "":
		return fmt.Sprintf("%q has no letter or digit", text), ""
	case haproxy.ValidName(text):
		return "", ""
	}
	clean := strings.Map(nameRune, strings.TrimSpace(text))
	if !haproxy.ValidName(clean) || strings.Trim(clean, "._") == "" {
		return contains(text, isNameRune), ""
	}
	return contains(text, isNameRune), clean
}

func isNameRune(r rune) bool { return r < utf8.RuneSelf && haproxy.ValidName(string(r)) }

func nameRune(r rune) rune {
	if isNameRune(r) {
		return r
	}
	return '_'
}

// contains says which character of text is not ok.
func contains(text string, ok func(rune) bool) string {
	for _, r := range text {
		if !ok(r) {
			return fmt.Sprintf("%s contains %s", quoted(text), nameOf(r))
		}
	}
	return fmt.Sprintf("%s is not allowed", quoted(text))
}

func nameOf(r rune) string {
	switch {
	case r == ' ':
		return "a space"
	case r == '\n':
		return "the end of a line"
	case r == '\t':
		return "a tab"
	case r == 0:
		return "a NUL byte"
	case unicode.IsControl(r):
		return fmt.Sprintf("a control character (U+%04X)", r)
	case r == '"', r == '\'':
		return "a quote"
	}
	return string(visible(r))
}

func checkTitle(text string) (msg, hint string) {
	switch {
	case text == "":
		return "is empty", ""
	case len(text) > maxName:
		return fmt.Sprintf("has %d characters", len(text)), ""
	case titlePattern.MatchString(text):
		return "", ""
	}
	clean := strings.Trim(strings.Map(titleRune, strings.TrimSpace(text)), "-._")
	if isTitle := contains(text, func(r rune) bool { return titleRune(r) == r }); titlePattern.MatchString(clean) {
		return isTitle, clean
	}
	return fmt.Sprintf("%s cannot be a name", quoted(text)), ""
}

func titleRune(r rune) rune {
	if isNameRune(r) && r != ':' {
		return r
	}
	return '-'
}

// checkVersion takes plain releases. What a distribution appends to a version
// is no part of what a scenario asks for.
func checkVersion(text string) (msg, hint string) {
	v, err := haproxy.ParseVersion(text)
	if err == nil && versionPattern.MatchString(text) {
		return "", ""
	}
	if err == nil {
		v.Suffix = ""
		return fmt.Sprintf("version %s has more than numbers", quoted(text)), v.String()
	}
	trimmed := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "nginx"), "haproxy")
	trimmed = strings.TrimLeft(trimmed, "v/: -=")
	if _, err := haproxy.ParseVersion(trimmed); err == nil && versionPattern.MatchString(trimmed) {
		return fmt.Sprintf("%s is not a version", quoted(text)), trimmed
	}
	return fmt.Sprintf("%s is not a version", quoted(text)), ""
}

func checkServer(text string) (msg, hint string) {
	if _, err := ParseServerRef(text); err != nil {
		return err.Error(), ""
	}
	return "", ""
}

func checkLine(text string) (msg, hint string) {
	if n := utf8.RuneCountInString(text); n > maxLine {
		return fmt.Sprintf("has %d characters", n), ""
	}
	for _, r := range text {
		if visible(r) != r || r == '\t' {
			return contains(text, func(r rune) bool { return visible(r) == r && r != '\t' }), ""
		}
	}
	return "", ""
}

// checkText takes any page: render writes it so that nginx reads it back as
// it is. A NUL byte ends nginx's configuration.
func checkText(text string) (msg, hint string) {
	switch {
	case len(text) > maxContent:
		return fmt.Sprintf("has %d bytes", len(text)), ""
	case !utf8.ValidString(text):
		return "is not UTF-8", ""
	case strings.ContainsRune(text, 0):
		return "contains a NUL byte", ""
	}
	return "", ""
}

// checkURI takes the path and query of RFC 3986, without the characters that
// mean something to HAProxy or nginx in a configuration (quotes, $, ;, #) and
// without dot segments, which nginx resolves.
func checkURI(text string) (msg, hint string) {
	switch {
	case text == "":
		return "is empty", "/"
	case len(text) > maxURI:
		return fmt.Sprintf("has %d bytes", len(text)), ""
	case text[0] != '/':
		if strings.Contains(text, "://") {
			return fmt.Sprintf("%s is a URL", quoted(text)), "the path alone, as in /index.html"
		}
		return fmt.Sprintf("%s does not begin with /", quoted(text)), ""
	case strings.IndexFunc(text, notURI) >= 0:
		return contains(text, func(r rune) bool { return !notURI(r) }), ""
	}
	for i, part := range strings.Split(text, "%") {
		if i > 0 && (len(part) < 2 || !isHex(part[0]) || !isHex(part[1]) || part[:2] == "00") {
			return fmt.Sprintf("%s has a %% that is not followed by two hexadecimal digits", quoted(text)), "%25 is a percent sign"
		}
	}
	path, _, _ := strings.Cut(text, "?")
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Sprintf("%s has a %s in its path", quoted(text), segment), ""
		}
	}
	return "", ""
}

func notURI(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._~/?&=+,:@%!()*", r)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
