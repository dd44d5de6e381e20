package haproxy

import (
	"fmt"
	"strings"
)

// ServerRef names one server the way HAProxy does: backend/server. The zero
// value names none.
type ServerRef struct {
	Backend, Server string
}

// ParseServerRef reads "bk_app/nginx2". Both names must be ones that HAProxy
// accepts for a proxy and a server, see ValidName.
func ParseServerRef(s string) (ServerRef, error) {
	backend, server, ok := strings.Cut(s, "/")
	if !ok {
		return ServerRef{}, fmt.Errorf("parse server %q: want backend/server", s)
	}
	if !ValidName(backend) {
		return ServerRef{}, fmt.Errorf("parse server %q: %q cannot be the name of a backend", s, backend)
	}
	if !ValidName(server) {
		return ServerRef{}, fmt.Errorf("parse server %q: %q cannot be the name of a server", s, server)
	}
	return ServerRef{Backend: backend, Server: server}, nil
}

// ValidName says whether HAProxy accepts s as the name of a proxy or a server:
// letters, digits, '-', '_', '.' and ':' (manual section 4, "Proxies").
func ValidName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return s != ""
}

// String is the inverse of ParseServerRef; "" for the zero value.
func (r ServerRef) String() string {
	if r.IsZero() {
		return ""
	}
	return r.Backend + "/" + r.Server
}

// IsZero says whether r names no server.
func (r ServerRef) IsZero() bool { return r == ServerRef{} }

// MarshalText writes r as String does.
func (r ServerRef) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote; an empty text is the zero value.
func (r *ServerRef) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = ServerRef{}
		return nil
	}
	parsed, err := ParseServerRef(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
