package haproxy

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is the version of HAProxy, or of nginx, which counts alike: two or
// three numbers, and whatever a distribution appends. It is comparable with
// ==, which also compares the suffix; Compare orders versions and does not.
type Version struct {
	Major, Minor, Patch int
	// Branch is true when only major and minor were given: "2.6".
	Branch bool
	// Suffix is what follows the numbers, with its first character: "-1+deb12u3".
	Suffix string
}

// maxVersion bounds the length of a version and maxNumber that of each of its
// numbers, so that a number cannot overflow.
const (
	maxVersion = 64
	maxNumber  = 6
)

// ParseVersion reads "2.6", "2.6.12", "2.6.12-1+deb12u3". A suffix begins with
// '-', '+' or '~'.
func ParseVersion(s string) (Version, error) {
	if len(s) > maxVersion {
		return Version{}, fmt.Errorf("parse version %.20q…: longer than %d characters", s, maxVersion)
	}
	numbers := s
	var v Version
	if i := strings.IndexAny(s, "-+~"); i >= 0 {
		numbers, v.Suffix = s[:i], s[i:]
	}
	if !validSuffix(v.Suffix) {
		return Version{}, fmt.Errorf("parse version %q: unexpected character in %q", s, v.Suffix)
	}
	parts := strings.Split(numbers, ".")
	if len(parts) != 2 && len(parts) != 3 {
		return Version{}, fmt.Errorf("parse version %q: want two or three numbers, as in 2.6 or 2.6.12", s)
	}
	v.Branch = len(parts) == 2
	for i, p := range parts {
		n, ok := parseNumber(p)
		if !ok {
			return Version{}, fmt.Errorf("parse version %q: %q is not a number", s, p)
		}
		*[]*int{&v.Major, &v.Minor, &v.Patch}[i] = n
	}
	if v.IsZero() {
		return Version{}, fmt.Errorf("parse version %q: no program has it", s) // it would be no Version at all
	}
	return v, nil
}

// parseNumber takes plain digits only: no sign, and no leading zero, which
// would not come back from String.
func parseNumber(s string) (int, bool) {
	if s == "" || len(s) > maxNumber || (len(s) > 1 && s[0] == '0') {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// validSuffix takes what a Debian version may hold (deb-version(7)), which is
// also all that HAProxy's and nginx's own suffixes need.
func validSuffix(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '+', c == '-', c == '~':
		default:
			return false
		}
	}
	return len(s) != 1
}

// String is the inverse of ParseVersion; "" for the zero value.
func (v Version) String() string {
	if v.IsZero() {
		return ""
	}
	s := strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor)
	if !v.Branch {
		s += "." + strconv.Itoa(v.Patch)
	}
	return s + v.Suffix
}

// IsZero says whether v is no version at all.
func (v Version) IsZero() bool { return v == Version{} }

// Compare orders versions by their numbers: -1, 0 or +1. A missing third
// number counts as 0; suffixes are not compared.
func Compare(a, b Version) int {
	return cmp.Or(
		cmp.Compare(a.Major, b.Major),
		cmp.Compare(a.Minor, b.Minor),
		cmp.Compare(a.Patch, b.Patch),
	)
}

// Matches says whether got is a version that v asks for: 2.6 takes every
// 2.6.x, 2.6.12 takes only 2.6.12, and suffixes do not matter.
func (v Version) Matches(got Version) bool {
	if v.Branch {
		return v.Major == got.Major && v.Minor == got.Minor
	}
	return !got.Branch && Compare(v, got) == 0
}

// MarshalText writes v as String does.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText wrote; an empty text is the zero value.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Version{}
		return nil
	}
	parsed, err := ParseVersion(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}
