package scenario

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// hostName is RFC 1123 with the underscore that container names have. The last
// label may not be a number, or 300.1.1.1 were one.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$`)

const maxHost = 253 // characters, RFC 1035

// checkAddress is for a server line: one host and one port.
func checkAddress(text string) (msg, hint string) {
	host, msg, hint := splitAddress(text)
	if msg != "" {
		return msg, hint
	}
	switch {
	case host == "" || host == "*":
		return fmt.Sprintf("%s has no address before the port", quoted(text)), "127.0.0.1" + strings.TrimPrefix(text, "*")
	case len(host) <= maxHost && hostName.MatchString(host):
		return "", ""
	}
	addr, msg, hint := parseIP(host, text)
	if msg != "" {
		return msg, hint
	}
	if addr.IsUnspecified() || addr.IsMulticast() {
		return fmt.Sprintf("%s is not an address to connect to", host), ""
	}
	return "", ""
}

// checkBind is for a bind line: an IP address, or none for all, and one port.
// A name would bind wherever a resolver says.
func checkBind(text string) (msg, hint string) {
	host, msg, hint := splitAddress(text)
	if msg != "" {
		return msg, hint
	}
	if host == "" || host == "*" {
		return "", ""
	}
	if hostName.MatchString(host) {
		if host == "localhost" {
			return fmt.Sprintf("%s is a name, not an IP address", quoted(text)), strings.Replace(text, host, "127.0.0.1", 1)
		}
		return fmt.Sprintf("%s is a name, not an IP address", quoted(text)), ""
	}
	addr, msg, hint := parseIP(host, text)
	if msg == "" && addr.IsMulticast() {
		return host + " is not an address to listen on", ""
	}
	return msg, hint
}

// splitAddress cuts the port off, checks it, and returns the host; an IPv6
// address keeps its brackets.
func splitAddress(text string) (host, msg, hint string) {
	if text == "" {
		return "", "is empty", ""
	}
	for _, r := range text {
		if r > '~' || r < '!' || strings.ContainsRune("#\"'\\/$,;{}()@", r) {
			return "", contains(text, addressRune), firstWord(text)
		}
	}
	at := strings.LastIndexByte(text, ':')
	if at < 0 || strings.HasSuffix(text, "]") {
		return "", fmt.Sprintf("%s has no port", quoted(text)), withPort(text)
	}
	host, port := text[:at], text[at+1:]
	if strings.Count(host, ":") == 1 && !strings.HasPrefix(host, "[") || strings.Contains(port, "-") {
		return "", fmt.Sprintf("%s has two ports", quoted(text)), "one address and one port; another port is another server"
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil || strings.HasPrefix(port, "+"):
		return "", fmt.Sprintf("%s is not a port", quoted(port)), ""
	case n < 1 || n > 65535:
		return "", fmt.Sprintf("port %s is not from 1 to 65535", printable(port)), ""
	case len(port) != len(strconv.Itoa(n)):
		return "", fmt.Sprintf("port %s begins with a zero", printable(port)), host + ":" + strconv.Itoa(n)
	}
	return host, "", ""
}

func addressRune(r rune) bool {
	return r <= '~' && r >= '!' && !strings.ContainsRune("#\"'\\/$,;{}()@", r)
}

// firstWord is a hint for an address with something behind it.
func firstWord(text string) string {
	word := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !addressRune(r) })
	if len(word) > 1 && strings.Contains(word[0], ":") {
		return "the address and port alone: " + printable(word[0])
	}
	return ""
}

// withPort is a hint for an address without a port, or a port without address.
func withPort(text string) string {
	if _, err := strconv.Atoi(text); err == nil {
		return ":" + text
	}
	return text + ":80"
}

func parseIP(host, text string) (addr netip.Addr, msg, hint string) {
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	addr, err := netip.ParseAddr(bare)
	switch {
	case err != nil || addr.Zone() != "":
		return addr, fmt.Sprintf("%s is neither an IP address nor a host name", quoted(host)), ""
	case addr.Is6() && host == bare:
		return addr, fmt.Sprintf("the IPv6 address of %s has no brackets", quoted(text)),
			"[" + bare + "]" + text[len(host):]
	case addr.Is4() && host != bare:
		return addr, fmt.Sprintf("the IPv4 address of %s has brackets", quoted(text)), bare + text[len(host):]
	}
	return addr, "", ""
}
